// Loaded before a program that is measured (--import): reports its peak memory when it exits.
import { writeSync } from 'node:fs';

process.on('exit', () => writeSync(1, `\npeak-kib ${process.resourceUsage().maxRSS}\n`));
