import { basename } from 'node:path';
import { parseHosts } from '../domain/fleet/hosts.ts';
import type { FleetAnswer } from '../domain/fleet/model.ts';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { readSmall } from '../host/files.ts';
import { type AskOptions, askHosts } from './ask-hosts.ts';
import { answersIn } from './read-answers.ts';

/** Statuses of ten thousand nodes fit. */
const LIMIT = 256 * 1024 * 1024;
const HOSTS_LIMIT = 1024 * 1024;

export type Sources = {
  /** Paths of this machine; "-" is standard input. */
  hosts: string | null;
  files: string[];
  stdin: AsyncIterable<Buffer | string>;
};

/**
 * The answers of all nodes: those that ssh asks, and those in the files. Throws CertagentError USAGE for a list of hosts that
 * cannot be used, COMMAND_MISSING, or the operating system's error for a file.
 */
export async function gather(
  { hosts, files, stdin }: Sources,
  options: Omit<AskOptions, 'progress'> & { progress(done: number, all: number): void },
): Promise<FleetAnswer[]> {
  const list = hosts === null ? [] : hostsOf(await textOf(hosts, stdin, HOSTS_LIMIT), hosts);
  const read: FleetAnswer[] = [];
  for (const file of files) read.push(...answersIn(await textOf(file, stdin, LIMIT), nameOf(file)));
  const asked =
    list.length === 0
      ? []
      : await askHosts(list, { ...options, progress: (done) => options.progress(done, list.length) });
  return [...asked, ...read];
}

function hostsOf(text: string, file: string): string[] {
  const list = parseHosts(text);
  if ('hosts' in list && list.hosts.length > 0) return list.hosts;
  const where = 'problem' in list ? `line ${list.line} of ${file}: ${list.problem}` : `${file} names no host`;
  throw new CertagentError('USAGE', where, {
    remedy: 'Write one host a line, as you would give it to ssh: user@host, or an alias.',
  });
}

async function textOf(file: string, stdin: Sources['stdin'], limit: number): Promise<string> {
  if (file === '-') return streamText(stdin, limit);
  try {
    return (await readSmall(file, limit)).bytes.toString('utf8');
  } catch (cause) {
    throw CertagentError.relayed(errorCode(cause), `${file} cannot be read`, { cause, remedy: 'Check the path.' });
  }
}

async function streamText(stream: Sources['stdin'], limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > limit) throw new CertagentError('TOO_LARGE', `standard input is larger than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** "edge-1.json" was written for edge-1. */
const nameOf = (file: string): string => (file === '-' ? '' : basename(file).replace(/\.json$/, ''));
