// Stand-in for timedatectl: `show` and `show --property=…`. The clock is always synchronised and the zone UTC.

export async function timedatectl(_root: string, words: string[]): Promise<void> {
  const all = { Timezone: 'UTC', LocalRTC: 'no', CanNTP: 'yes', NTP: 'yes', NTPSynchronized: 'yes' };
  const wanted = words
    .filter((word) => word.startsWith('--property='))
    .flatMap((word) => word.slice('--property='.length).split(','));
  for (const [name, value] of Object.entries(all)) {
    if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`${name}=${value}\n`);
  }
}
