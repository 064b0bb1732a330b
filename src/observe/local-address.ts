/** Where to ask a server that listens on `address`: one that listens everywhere is asked on loopback. */
export function localAddress(address: string | null): string {
  return address === null || address === '' || address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
}
