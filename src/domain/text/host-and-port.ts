/** "10.0.0.1:6443", "[fd00::1]:6443": as in an address of the web. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
