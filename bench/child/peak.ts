// Loaded before a program that is measured (--import): tells at its end how much memory it had at most.
import { writeSync } from 'node:fs';

process.on('exit', () => writeSync(1, `\npeak-kib ${process.resourceUsage().maxRSS}\n`));
