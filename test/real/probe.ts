// How long the API was away: a client asks /readyz every 100 ms, with a certificate that no scene touches.
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

export class Probe {
  readonly #answers: Answer[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), TEMPORARY));
  #child: ChildProcess | null = null;
  #startedAt = 0;

  /** `client` is a certificate that /readyz is shown to. Returns when the first answer is there. */
  async start(machine: Machine, client: Issued): Promise<void> {
    const ca = readFileSync(machine.at(`${TLS}/server-ca.crt`), 'utf8');
    const files = { 'ca.crt': ca, 'probe.crt': client.certificatePem, 'probe.key': client.keyPem };
    chmodSync(this.#directory, 0o700);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#directory, name), text, { mode: 0o600 });
    const words = Object.keys(files).map((name) => join(this.#directory, name));
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', CHILD, '6443', ...words] as const;
    this.#startedAt = Date.now();
    this.#child = machine.startInNetwork(...node);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#answers.push(JSON.parse(line)));
    await eventually(() => this.#answers.length > 0);
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
    return secondsAway(this.#answers, this.#startedAt);
  }
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
  let away = 0;
  let lastGood = startedAt;
  let failed = false;
  for (const { at, said } of answers) {
    if (said !== '200') {
      failed = true;
      continue;
    }
    if (failed) away = Math.max(away, at - lastGood);
    lastGood = at;
    failed = false;
  }
  if (failed) away = Math.max(away, answers.at(-1)!.at - lastGood);
  return away / 1_000;
}
