import { existsSync } from 'node:fs';
import { firstThere } from '../../build/run.ts';

/** Where Debian's libc6-arm64-cross and libstdc++6-arm64-cross put the C and C++ libraries that the executable loads. */
export const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';

/** For `skip`: why nothing can be built here, or false. */
export function buildTools(): string | false {
  const lacking = ['dpkg-deb', 'strip', 'xz', 'git'].filter((program) => firstThere(program) === null);
  return lacking.length > 0 && `building wants ${lacking.join(', ')}`;
}

/** For `skip`: why no executable for arm64 can be built and run here, or false. */
export function arm64Tools(): string | false {
  if (process.arch !== 'x64') return 'qemu-user is for machines that are not arm64 themselves';
  if (firstThere('qemu-aarch64') === null) return 'no qemu-aarch64 (qemu-user)';
  if (!['libc.so.6', 'libstdc++.so.6'].every((name) => existsSync(`${ARM64_LIBRARIES}/lib/${name}`)))
    return 'no libraries for arm64 (libc6-arm64-cross, libstdc++6-arm64-cross)';
  if (firstThere('aarch64-linux-gnu-strip', 'llvm-strip') === null)
    return 'no strip for arm64 (binutils-aarch64-linux-gnu)';
  return buildTools();
}
