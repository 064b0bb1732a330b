import { isIPv6 } from 'node:net';
import { run } from '../../../host/commands.ts';
import { PROGRAMS } from '../../../host/programs.ts';
import type { Root } from '../../../host/root.ts';

/**
 * The node's addresses on the sandbox's loopback, and a default route that leads there: K3s wants an address that is not
 * 127.0.0.1, and connects to itself by it. No interface is made, for which the kernel might load a module. Without `ip`
 * there are none: a start that misses them says so.
 */
export async function addAddresses(root: Root, addresses: readonly string[]): Promise<void> {
  const ip = (...words: string[]) =>
    run(root, 'ip', words, { limit: PROGRAMS.sandboxAddress.limit }).catch(() => undefined);
  for (const address of addresses) await ip('address', 'add', address, 'dev', 'lo');
  await ip('route', 'add', 'default', 'dev', 'lo');
  if (addresses.some((address) => isIPv6(address.split('/')[0]!)))
    await ip('-6', 'route', 'add', 'default', 'dev', 'lo');
}
