import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOnce } from './measure.ts';

/** The programs that `certagent status` runs on a kubeadm node, and with what. */
const RUN = [
  ['kubeadm', 'version', '-o', 'short'],
  ['timedatectl', 'show', '--property=NTPSynchronized'],
  ['systemctl', 'show', '--property=LoadState,ActiveState,SubState,MainPID,NRestarts,Restart', 'kubelet'],
] as const;

/**
 * Puts in the place of a throw-away node's programs shell scripts that print what the programs printed: what is left of
 * the time is certagent's own. `except`: programs that stay as they are. Returns the command lines.
 */
export async function makeProgramsFree(root: string, except: string[] = []): Promise<string[][]> {
  const commands: string[][] = [];
  for (const [name, ...words] of RUN.filter(([name]) => !except.includes(name))) {
    const file = join(root, 'usr/bin', name);
    const { output } = await runOnce({ argv: [file, ...words] });
    await writeFile(file, `#!/bin/sh\nprintf '%s' '${output.replaceAll("'", "'\\''")}'\n`);
    await chmod(file, 0o755);
    commands.push([file, ...words]);
  }
  return commands;
}
