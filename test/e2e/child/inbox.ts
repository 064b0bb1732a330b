// The mail and web servers of a machine, as a process with that machine's network: prints what arrives, a JSON line each.
import { openInbox } from '../../../demo/inbox.ts';

const [smtp, http] = process.argv.slice(2).map(Number);
const inbox = await openInbox({ smtp: smtp!, http: http! });
const print = (kind: string, body: string) => process.stdout.write(`${JSON.stringify({ kind, body })}\n`);
print('ready', '');
setInterval(() => {
  for (const body of inbox.emails.splice(0)) print('email', body);
  for (const body of inbox.webhooks.splice(0)) print('webhook', body);
}, 50);
