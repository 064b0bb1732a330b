// How long the API was away: a client asks every 100 ms, with a certificate that no scene touches.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Issued, issueCertificate } from '../../testnode/pki.ts';
import { type Machine, TEMPORARY } from '../e2e/machine.ts';
import { DAY, eventually } from '../testnode/support.ts';
import { TLS } from './aging.ts';

const CHILD = fileURLToPath(new URL('./child/probe.ts', import.meta.url));

export type Answer = { at: number; said: string };

/** The server that is asked for `path`, by whom. `run` starts the child where it reaches the server. */
type Asked = {
  host: string;
  path: string;
  ca: string;
  client: Issued;
  run: (program: string, ...words: string[]) => ChildProcess;
};

export class Probe {
  readonly answers: Answer[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), TEMPORARY));
  #child: ChildProcess | null = null;
  startedAt = 0;

  /** The server of a machine that only this machine reaches. */
  start(machine: Machine, client: Issued): Promise<void> {
    const run = (program: string, ...words: string[]) => machine.startInNetwork(program, ...words);
    return this.ask({ host: '127.0.0.1', path: '/readyz', ca: serverCa(machine), client, run });
  }

  /** Returns when the first answer is there. */
  async ask({ host, path, ca, client, run }: Asked): Promise<void> {
    const files = { 'ca.crt': ca, 'probe.crt': client.certificatePem, 'probe.key': client.keyPem };
    chmodSync(this.#directory, 0o700);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#directory, name), text, { mode: 0o600 });
    const words = Object.keys(files).map((name) => join(this.#directory, name));
    this.startedAt = Date.now();
    this.#child = run(process.execPath, '--disable-warning=ExperimentalWarning', CHILD, host, path, ...words);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.answers.push(JSON.parse(line)));
    await eventually(() => this.answers.length > 0);
  }

  /** Seconds, as `secondsAway`. The probe can be stopped once. */
  async stop(): Promise<number> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
    return secondsAway(this.answers, this.startedAt);
  }
}

/** What signs the certificates of the API servers. */
export function serverCa(machine: Machine): string {
  return readFileSync(machine.at(`${TLS}/server-ca.crt`), 'utf8');
}

/** A client of its own, which no scene touches. */
export function issueClient(machine: Machine): Promise<Issued> {
  const read = (name: string) => readFileSync(machine.at(`${TLS}/client-ca.${name}`), 'utf8');
  const now = Date.now();
  return issueCertificate({
    ca: { certificatePem: read('crt'), keyPem: read('key') },
    subject: { commonName: 'probe', organizations: ['system:masters'] },
    usages: ['client'],
    notBefore: now - DAY,
    notAfter: now + DAY,
  });
}

/** The longest time in seconds between two good answers with a bad one between them; from the start and to the end, too. */
export function secondsAway(answers: readonly Answer[], startedAt: number): number {
  return Math.max(0, ...gapsOf(answers, startedAt).map(({ from, to }) => to - from)) / 1_000;
}

export type Gap = { from: number; to: number };

/** The times between two good answers with a bad one between them. */
export function gapsOf(answers: readonly Answer[], startedAt: number): Gap[] {
  const gaps: Gap[] = [];
  let lastGood = startedAt;
  let failed = false;
  for (const { at, said } of answers) {
    if (said !== '200') {
      failed = true;
      continue;
    }
    if (failed) gaps.push({ from: lastGood, to: at });
    lastGood = at;
    failed = false;
  }
  if (failed) gaps.push({ from: lastGood, to: answers.at(-1)!.at });
  return gaps;
}

/** When all were away at once. */
export function inAll(each: readonly Gap[][]): Gap[] {
  const [first = [], ...others] = each;
  return others.reduce(
    (common, gaps) =>
      common.flatMap((one) =>
        gaps
          .map(({ from, to }) => ({ from: Math.max(from, one.from), to: Math.min(to, one.to) }))
          .filter(({ from, to }) => from < to),
      ),
    first,
  );
}
