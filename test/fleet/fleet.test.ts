// certagent fleet as a process: hosts through an ssh that the test wrote, files, and hostile answers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderFleet } from '../../src/cli/render/fleet.ts';
import type { FleetReport } from '../../src/domain/fleet/model.ts';
import { fleetReport } from '../../src/domain/fleet/summary.ts';
import { printed } from '../../src/domain/time/printed.ts';
import { answersIn } from '../../src/fleet/read-answers.ts';
import { NOW } from '../cli/reports.ts';
import { certagent } from '../cli/support.ts';
import { golden } from './golden.ts';
import { sampleFleet } from './sample.ts';
import { fleetRoot, says, statusOf } from './support.ts';

const LIMITS = { warning: 30, critical: 7 };
const json = (value: unknown) => JSON.stringify(value);

test('the table of a fleet, at 80 columns', async () => {
  const table = renderFleet(fleetReport(sampleFleet(), LIMITS, NOW), { width: 80 });
  for (const line of table.split('\n')) assert.ok(line.length <= 80, line);
  await golden('fleet.txt', table);
});

test('a fleet without sites has no column for them, and one node is not "1 nodes"', () => {
  const [answer] = answersIn(json({ ...statusOf('a'), labels: {} }), 'x');
  const table = renderFleet(fleetReport([answer!], LIMITS, Date.now()));
  assert.match(table, /^STATE {2}NODE {2,}EXPIRES {2}WHAT\nok {5}a +200 d /);
  assert.match(table, /\nOne node: 1 ok\. The first certificate expires in 200 d \(a: client-admin\)\.\n$/);
});

test('hosts: each is asked, at most so many at once, and what goes wrong is a row', { timeout: 120_000 }, async (t) => {
  const root = await fleetRoot(t, {
    good: says(json(statusOf('k3s-1'))),
    urgent: says(json(printed(statusOf('k3s-2', 20)))),
    'admin@none': `echo 'bash: line 1: certagent: command not found' >&2; exit 127`,
    dead: `echo banner >&2; echo 'ssh: connect to host dead port 22: Connection refused' >&2; exit 255`,
    mute: 'exit 255',
    junk: says('<html>not json</html>'),
    other: says(json({ schema: 'certagent.status/v9', version: '7.0.0' })),
    partial: says(json({ ...statusOf('x'), certificates: 'none' })),
    refused: `echo '{"error":{"code":"NO_DAEMON","message":"no daemon is running","remedy":null}}' >&2; exit 3`,
    slow: `${says(json(statusOf('slow')))}exec /bin/sleep 300`,
    flood: 'exec /usr/bin/yes',
  });
  const hosts = join(root.prefix, 'sites.txt');
  await writeFile(
    hosts,
    '# sites\ngood\nurgent # 20 d\n\nadmin@none\ndead\nmute\njunk\nother\npartial\nrefused\nslow\nflood\n',
  );
  const ran = await certagent(root, ['fleet', '--hosts', hosts, '-t', '3', '-p', '4', '-o', 'json']);
  assert.equal(ran.stderr, '');
  assert.equal(ran.exitCode, 3);
  const report = JSON.parse(ran.stdout) as FleetReport;
  assert.equal(report.schema, 'certagent.fleet/v2');
  assert.deepEqual(Object.fromEntries(report.nodes.map(({ host, level, silent }) => [host, silent ?? level])), {
    good: 'ok',
    urgent: 'warning',
    'admin@none': 'certagent is not installed there',
    dead: 'ssh: connect to host dead port 22: Connection refused',
    mute: 'ssh failed with exit code 255',
    junk: "what came back is not certagent's status",
    other: 'its status, of certagent 7.0.0, has a form that this version cannot read',
    partial: 'its status, of certagent 0.1.0, has a form that this version cannot read',
    refused: 'no daemon is running (NO_DAEMON)',
    slow: 'no answer after 3 s',
    flood: 'it answered too much',
  });
  const calls = (await readFile(join(root.prefix, 'calls'), 'utf8')).trim().split('\n');
  assert.equal(calls.length, 11);
  for (const call of calls)
    assert.match(call, /^-T -o BatchMode=yes -o ForwardAgent=no .* -- [a-z@]+ certagent status -o json$/);
});

test('hosts that are no hosts are refused before anybody is asked', async (t) => {
  const root = await fleetRoot(t);
  const hosts = join(root.prefix, 'sites.txt');
  await writeFile(hosts, 'good\n-oProxyCommand=touch /tmp/x\n');
  const ran = await certagent(root, ['fleet', '--hosts', hosts]);
  assert.match(
    ran.stderr,
    /line 2 of .*sites\.txt: "-oProxyCommand=touch \/tmp\/x" is not the name of a host \(USAGE\)/,
  );
  assert.equal(ran.exitCode, 3);
  await assert.rejects(readFile(join(root.prefix, 'calls')), { code: 'ENOENT' });
});

test('what is wrong with the command line', async (t) => {
  const root = await fleetRoot(t);
  const file = join(root.prefix, 'empty');
  await writeFile(file, '# nobody\n');
  const cases: [string[], RegExp][] = [
    [['--hosts', file], /empty names no host/],
    [['--hosts', '/nowhere'], /\/nowhere cannot be read.*\(ENOENT\)/],
    [['/nowhere.json'], /\/nowhere\.json cannot be read.*\(ENOENT\)/],
    [['-p', '0', file], /--parallel 0 is not a whole number from 1 to 200/],
    [['-t', 'x', file], /--timeout x is not a whole number/],
    [['-w', '5', '-c', '9', file], /--warning 5 is less than --critical 9/],
    [['-', '--hosts', '-'], /standard input \(-\) was named twice/],
  ];
  for (const [args, stderr] of cases) {
    const ran = await certagent(root, ['fleet', ...args]);
    assert.match(ran.stderr, stderr);
    assert.equal(ran.exitCode, 3, 'not 2, which is a critical node');
  }
  await writeFile(join(root.prefix, 'usr/bin/ssh'), '');
  await import('node:fs/promises').then(({ unlink }) => unlink(join(root.prefix, 'usr/bin/ssh')));
  await writeFile(file, 'good\n');
  assert.match(
    (await certagent(root, ['fleet', '--hosts', file])).stderr,
    /ssh is not on this machine \(COMMAND_MISSING\)/,
  );
});

test('files and standard input: one status, several, arrays, what Ansible prints', async (t) => {
  const root = await fleetRoot(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => json(statusOf(name)));
  await mkdir(join(root.prefix, 'out dir'));
  const file = join(root.prefix, 'out dir', 'edge-7.json');
  const result = (value: object) => json({ changed: false, ...value });
  const streams: [string, string[]][] = [
    [`${a}\n${b}\n${c}\n`, ['ok a', 'ok b', 'ok c']],
    [`${a}${b}`, ['ok a', 'ok b']],
    [`[${a},${b}]\n[${c}]`, ['ok a', 'ok b', 'ok c']],
    [JSON.stringify(JSON.parse(a!), null, 2), ['ok a']],
    [result({ stdout: a, rc: 0 }), ['ok a']],
    [result({ stdout: '', stderr: 'certagent: not found', rc: 127 }), ['edge-7: certagent: not found']],
    [result({ unreachable: true, msg: 'Connection timed out' }), ['edge-7: Connection timed out']],
    [result({ failed: false, msg: 'module failed' }), ['edge-7: module failed']],
    [`e4 | FAILED! => ${JSON.stringify({ msg: 'no Python', rc: 127 }, null, 4)}`, ['e4: no Python']],
    [a!.slice(0, 300), ["edge-7: what came back is not certagent's status"]],
    ['nothing of certagent', ["edge-7: what came back is not certagent's status"]],
    [
      `[WARNING]: old\ne1 | CHANGED | rc=0 >>\n${a}\ne2 | UNREACHABLE! => {\n  "msg": "no route",\n  "unreachable": true\n}\ne3 | FAILED | rc=2 >>\n[Errno 2] No such file: 'certagent'non-zero return code\n`,
      ['ok a', 'e2: no route', "e3: [Errno 2] No such file: 'certagent'non-zero return code"],
    ],
  ];
  for (const [stream, expected] of streams) {
    await writeFile(file, stream);
    const shown = answersIn(stream, 'edge-7').map((answer) =>
      'status' in answer ? `ok ${answer.status.node.name}` : `${answer.host}: ${answer.silent}`,
    );
    assert.deepEqual(shown, expected, stream.slice(0, 100));
  }
  await writeFile(file, `${a}\n${b}`);
  await writeFile(join(root.prefix, 'c.json'), c!);
  const ran = await certagent(root, ['fleet', file, join(root.prefix, 'c.json')]);
  assert.match(ran.stdout, /3 nodes of one site: 3 ok\./);
  assert.equal(ran.exitCode, 0);
  assert.match(await piped(`${a}\n${b}`), /2 nodes of one site: 2 ok\./);
  assert.match(await piped(''), /No node: nothing was read\./);
});

test('an earlier version writes times as numbers: both forms are the same node', () => {
  const status = statusOf('k3s-1', 20, { lastAttempt: null });
  const [newer] = answersIn(json(printed(status)), 'x');
  const [earlier] = answersIn(json(status), 'x');
  assert.ok(newer !== undefined && 'status' in newer && earlier !== undefined && 'status' in earlier);
  const rows = [newer, earlier].map((answer) => {
    const { nodes } = printed(fleetReport([answer], LIMITS, status.at)) as FleetReport;
    return nodes.map(({ name, level, at, certificates, alerts }) => ({ name, level, at, certificates, alerts }));
  });
  assert.deepEqual(rows[0], rows[1]);
  assert.match(JSON.stringify(rows[0]), /"notAfter":"\d{4}-/);
  for (const at of ['tomorrow', '2027-02-03', '2027-02-30T25:00:00Z', 'Infinity', '', '2027-02-03T04:05:06+01:00']) {
    const [answer] = answersIn(json({ ...(printed(status) as object), at }), 'x');
    assert.ok(answer !== undefined && 'silent' in answer, at);
  }
});

test('a hostile answer steers neither the terminal nor the page', async (t) => {
  const nasty = '\u001b]0;owned\u0007\u001b[2J\u202e\r</style><script>alert(1)</script>"\'&';
  const root = await fleetRoot(t, {
    nasty: says(
      json(
        statusOf(nasty, 3, {
          version: nasty,
          labels: { site: nasty, [nasty]: nasty, ['__proto__']: nasty },
          configError: nasty,
          failingSinks: [nasty],
          alerts: [
            {
              alert: {
                code: nasty as 'TEST',
                severity: 'critical',
                subject: nasty,
                text: nasty,
                remedy: nasty,
                facts: {},
              },
              since: null,
              lastSentAt: null,
            },
          ],
          renewal: { kind: 'blocked', ids: [], blockers: [{ code: 'CLOCK_DOUBTFUL', why: nasty, remedy: nasty }] },
        }),
      ),
    ),
    loud: `printf '\\033[2J\\033]0;owned\\007<script>' >&2; exit 255`,
    deep: `/usr/bin/head -c 2000000 /dev/zero | /usr/bin/tr '\\0' '['`,
  });
  const hosts = join(root.prefix, 'sites.txt');
  await writeFile(hosts, 'nasty\nloud\ndeep\n');
  for (const output of ['text', 'json', 'html']) {
    const ran = await certagent(root, ['fleet', '--hosts', hosts, '-t', '60', '-o', output]);
    assert.equal(ran.exitCode, 2, ran.stderr);
    assert.doesNotMatch(ran.stdout + ran.stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    if (output === 'html') {
      assert.doesNotMatch(ran.stdout, /<script/i);
      assert.equal(ran.stdout.split('</style>').length, 2);
    }
  }
});

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function piped(input: string): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'fleet'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  return text(child.stdout);
}
