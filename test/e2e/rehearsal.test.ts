// The sandbox of rehearsals under a real systemd: what a hostile or broken tool in it can do to the node, which is nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../testnode/support.ts';
import { type Release, reasonToSkip } from './base.ts';
import { makeMachine } from './machine.ts';
import { type Ground, makeGround, signal, unchanged } from './story/rehearsed-tool.ts';

const skip = await reasonToSkip();

/** All attempts with both take many minutes: `npm run test:long`. */
const isLong = process.env.CERTAGENT_LONG === '1';
/** systemd 257 gives the sandbox processes of its own; with 252 the tool gets them from unshare. */
const RELEASES: Release[] = isLong ? ['trixie', 'bookworm'] : ['trixie'];
/** Milliseconds after which certagent is killed: while it copies, while the sandbox is made, while the tool runs. */
const MOMENTS = isLong ? [250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500] : [500, 2_500];

for (const release of RELEASES)
  test(`rehearsals, ${release}`, { skip, timeout: 2_400_000 }, async (t) => {
    const machine = await makeMachine(release);
    t.after(() => machine.remove());
    const ground = makeGround(machine);
    await machine.boot();
    await t.test('a hostile tool changes nothing of the node', () => hostile(ground));
    await t.test('processes that it leaves behind end with it', () => daemonises(ground));
    await t.test('it ends at its time limit', () => tooSlow(ground));
    await t.test(`certagent is killed at ${MOMENTS.length} moments`, () => killed(ground));
    if (!isLong) return;
    await t.test('a start that waits for itself is seen, and the file that cures it reaches the copy', () =>
      hangs(ground),
    );
    await t.test('it ends at its memory limit', () => tooLarge(ground));
    await t.test('it may print without end', () => floods(ground));
    await t.test('it cannot fill the disk', () => fillsTheDisk(ground));
    await t.test('without room nothing is copied', () => noRoom(ground));
    await t.test('certagent is stopped', () => stopped(ground));
  });

async function hostile(ground: Ground): Promise<void> {
  const { machine } = ground;
  await machine.must('sh', '-c', 'systemd-run --quiet --unit=victim sleep 100000');
  const victim = (await machine.must('systemctl', 'show', '--value', '--property=MainPID', 'victim')).trim();
  ground.program(HOSTILE.replaceAll('VICTIM', victim));
  const before = await ground.state();
  const result = await ground.rehearse();
  assert.equal(result.kind, 'start', JSON.stringify(result));
  assert.ok(result.kind === 'start');
  // The script ends with the number of its attempts that succeeded, plus 100.
  assert.equal(result.ending, 'it exited with 100', `something succeeded in the sandbox: ${JSON.stringify(result)}`);
  await unchanged(ground, before);
  assert.equal((await machine.must('systemctl', 'is-active', 'victim')).trim(), 'active');
  await machine.must('systemctl', 'stop', 'victim');
}

// Each line that succeeds counts. What is lost with the sandbox (its own /tmp, /run, /dev/shm) is not tried.
const HOSTILE = `
n=0; did() { n=$((n+1)); }
exec 2>/dev/null
for d in /etc /etc/rancher /usr /usr/local/bin /opt /opt/tool /var /var/lib /var/lib/rancher /var/log /boot /srv /sys/fs/cgroup /proc/1; do
  (echo x >$d/hostile) && did; done
(echo x >/opt/tool/k3s) && did
(echo hostile >/proc/sys/kernel/hostname) && did
(echo 1 >/proc/sys/vm/drop_caches) && did
(echo h >/proc/sysrq-trigger) && did
(echo 0 >/proc/VICTIM/oom_score_adj) && did
cat /var/lib/kubelet/x && did
kill -0 VICTIM && did
kill -KILL VICTIM && did
mount -o remount,rw / && did
mount --bind /tmp /mnt && did
mount -t tmpfs none /mnt && did
umount -l /var/lib/rancher/k3s && did
umount -l /run && did
unshare --mount true && did
unshare --user true && did
nsenter --target 1 --mount true && did
nsenter --target 1 --net true && did
mknod /tmp/disk b 254 0 && did
chroot / true && did
chmod u+s /var/lib/rancher/k3s/server/token && did
date --set=2020-01-01 && did
hostname hostile && did
test -S /run/systemd/private && did
test -S /run/dbus/system_bus_socket && did
systemctl is-system-running >/tmp/x; grep -q running /tmp/x && did
systemctl stop victim && did
dmesg && did
for interface in /sys/class/net/*; do case $interface in */lo) ;; *) [ -e $interface/address ] && [ $(wc -l </proc/net/dev) -gt 3 ] && did;; esac; done
exit $((100 + n))`;

async function daemonises(ground: Ground): Promise<void> {
  ground.program(`
for i in 1 2 3; do setsid sh -c 'trap "" TERM HUP; exec sleep 100000 daemonised' >/dev/null 2>&1 & done
(setsid sh -c 'setsid sleep 100001 & sleep 100002' &)
exit 0`);
  const before = await ground.state();
  const result = await ground.rehearse();
  assert.ok(result.kind === 'start' && result.ending === 'it exited with 0', JSON.stringify(result));
  await unchanged(ground, before);
}

async function tooSlow(ground: Ground): Promise<void> {
  ground.program('trap "" TERM; while :; do sleep 1000; done');
  const before = await ground.state();
  const result = await ground.rehearse({ limit: 2_000 });
  assert.ok(result.kind === 'start' && result.limitReached === 'time', JSON.stringify(result));
  await unchanged(ground, before);
}

/** As K3s v1.32.3 logs it. */
const WAITS =
  'level=error msg="CA cert validation failed: Get \\"https://127.0.0.1:6443/cacerts\\": x509: certificate has expired"';

async function hangs(ground: Ground): Promise<void> {
  const trigger = '/var/lib/rancher/k3s/server/tls/dynamic-cert-regenerate';
  ground.program(`[ -e ${trigger} ] && exit 42; while :; do echo '${WAITS}'; sleep 0.2; done`);
  await ground.machine.must('mkdir', '-p', '/var/lib/rancher/k3s/server/tls');
  const before = await ground.state();
  const result = await ground.rehearse({ limit: 300_000 });
  assert.ok(result.kind === 'start' && result.limitReached === null, JSON.stringify(result));
  assert.equal(result.reason?.code, 'LISTENER_EXPIRED');
  const cured = await ground.rehearse({ trigger });
  assert.ok(cured.kind === 'start' && cured.ending === 'it exited with 42', JSON.stringify(cured));
  await unchanged(ground, before);
}

async function tooLarge(ground: Ground): Promise<void> {
  ground.program('a=$(head -c 400000000 /dev/zero | tr "\\\\0" x); sleep 1000');
  const before = await ground.state();
  const result = await ground.rehearse({ memory: 256 * 1024 * 1024 });
  assert.ok(result.kind === 'start' && result.limitReached === 'memory', JSON.stringify(result));
  await unchanged(ground, before);
}

async function floods(ground: Ground): Promise<void> {
  ground.program('yes "$(printf "\\033[31mflood")" & head -c 100000000 /dev/zero; exit 7');
  const before = await ground.state();
  const result = await ground.rehearse();
  assert.ok(result.kind === 'start' && result.ending === 'it exited with 7', JSON.stringify(result));
  await unchanged(ground, before);
}

async function fillsTheDisk(ground: Ground): Promise<void> {
  await onSmallDisk(ground, '400m', async () => {
    ground.program('cat /dev/zero >/var/lib/rancher/k3s/server/fill; sleep 1000');
    const before = await ground.state();
    const result = await ground.rehearse();
    assert.deepEqual(result, { kind: 'impossible', why: 'the disk of the copy is nearly full' });
    await unchanged(ground, before);
  });
}

async function noRoom(ground: Ground): Promise<void> {
  await onSmallDisk(ground, '100m', async () => {
    const before = await ground.state();
    const result = await ground.rehearse();
    assert.ok(result.kind === 'impossible' && /MiB free/.test(result.why), JSON.stringify(result));
    await unchanged(ground, before);
  });
}

async function onSmallDisk({ machine }: Ground, size: string, act: () => Promise<void>): Promise<void> {
  await machine.must('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', '/var/lib/certagent');
  try {
    await act();
  } finally {
    await machine.must('umount', '/var/lib/certagent');
  }
}

/** Everything of the sandbox ends by itself; its copies go with the next certagent. */
async function killed(ground: Ground): Promise<void> {
  const { machine } = ground;
  ground.program('sleep 1000');
  const before = await ground.state();
  for (const moment of MOMENTS) {
    const run = machine.run(...(ground.words() as [string, ...string[]]));
    await sleep(moment);
    await signal(ground, 'KILL');
    await run;
    await eventually(async () => !/rehearsal-helper|\/opt\/tool/.test(await ground.state()));
  }
  await ground.rehearse({ limit: 500 });
  await unchanged(ground, before);
}

async function stopped(ground: Ground): Promise<void> {
  const { machine } = ground;
  const before = await ground.state();
  const run = machine.run(...(ground.words() as [string, ...string[]]));
  await eventually(async () => /\/opt\/tool/.test(await ground.state()));
  await signal(ground, 'TERM');
  const { code, stderr } = await run;
  assert.equal(code, 1);
  assert.match(stderr, /INTERRUPTED/);
  await unchanged(ground, before);
}
