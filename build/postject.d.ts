declare module 'postject' {
  /** Adds `content` to the ELF file as a note named `section`, and flips the fuse by which Node.js finds it. */
  export function inject(
    file: string,
    section: string,
    content: Buffer,
    options: { sentinelFuse: string },
  ): Promise<void>;
}
