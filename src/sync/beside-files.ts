import { lstatSync, unlinkSync } from 'node:fs';
import { CertagentError } from '../domain/model/errors.ts';
import { type NewValue, replaceValues } from '../host/kubeconfig-edit.ts';
import { decode } from './copy-content.ts';
import { readGuarded } from './guarded.ts';
import { changed, exchangeGuarded, putPrivate, replaceGuarded } from './guarded-write.ts';
import { PAIR_SUFFIX, removeLeftovers } from './leftover-files.ts';
import type { Answer, BesideFile, CopyContent, Detour } from './messages.ts';

// Certificate and key that a kubeconfig names as files beside it. In the helper, as their owner.

export function readBesides(directory: string, names: string[]): Answer {
  const files = names.map((name) => {
    const { bytes, version } = readGuarded(directory, name);
    return { name, version, data: bytes.toString('base64') };
  });
  return { is: 'files', files };
}

/**
 * In the given order; before the first is replaced, all are as they were read. Two files cannot be replaced at once, and a key without
 * its certificate is no access: with a `detour` the kubeconfig names one file with both of them, until both are replaced. A process
 * that is killed in between leaves a kubeconfig that works.
 */
export function replaceBesides(
  directory: string,
  kubeconfig: string,
  files: BesideFile[],
  detour: Detour | null,
): Answer {
  for (const { name } of files) removeLeftovers(directory, name);
  const present = files.map(({ name, version }) => {
    const file = readGuarded(directory, name);
    if (file.version !== version) throw changed();
    return file;
  });
  const back = detour === null ? null : begin(directory, kubeconfig, files, detour);
  const notes = files.map(({ name, data }, index) =>
    replaceGuarded(directory, name, present[index]!, Buffer.from(data, 'base64')),
  );
  back?.();
  return { is: 'done', note: notes.find((note) => note !== '') ?? '' };
}

/** Removes the file of a detour that the kubeconfig does not name: a helper was killed before it began, or after it was over. */
export function removeLeftPair(directory: string, kubeconfig: string, { users }: CopyContent): void {
  const name = `${kubeconfig}${PAIR_SUFFIX}`;
  if (users.some(({ certificateFile, keyFile }) => [certificateFile, keyFile].some((file) => file?.endsWith(name))))
    return;
  const stat = lstatSync(`${directory}/${name}`, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.uid === process.geteuid!()) unlinkSync(`${directory}/${name}`);
}

/**
 * Has the kubeconfig name one file with key and certificate. Returns what has it name its own files again; null: it is written in a way
 * that cannot be changed and changed back, so that the files are replaced one after the other.
 */
function begin(directory: string, name: string, files: BesideFile[], detour: Detour): (() => void) | null {
  const old = readGuarded(directory, name);
  if (old.version !== detour.version) throw changed();
  const pair = `${name}${PAIR_SUFFIX}`;
  const text = decode(old.bytes);
  const texts = bothTexts(text, pair, detour);
  if (texts === null) return null;
  const { away, back } = texts;
  // Another user of this kubeconfig has the file of a detour that is not over.
  if (away !== text && text.includes(pair)) return null;
  putPrivate(directory, pair, pairOf(files, detour));
  if (away !== text) exchangeGuarded(directory, name, old, Buffer.from(away));
  return () => {
    const now = readGuarded(directory, name);
    if (decode(now.bytes) !== away) throw changed();
    exchangeGuarded(directory, name, now, Buffer.from(back));
    unlinkSync(`${directory}/${pair}`);
  };
}

/** The kubeconfig that names the file with both, and with its own files again. */
function bothTexts(
  text: string,
  pair: string,
  { index, certificate, key }: Detour,
): { away: string; back: string } | null {
  if (![certificate, key, pair].every((each) => PLAIN.test(each))) return null;
  const naming = (of: { certificate: string; key: string }): NewValue[] => [
    { list: 'users', index, key: 'client-certificate', data: of.certificate },
    { list: 'users', index, key: 'client-key', data: of.key },
  ];
  try {
    const away = replaceValues(text, naming({ certificate: pair, key: pair }));
    const back = replaceValues(away, naming({ certificate, key }));
    return away === text || back === text ? { away, back } : null;
  } catch (error) {
    if (error instanceof CertagentError && error.code === 'COPY_NOT_EDITABLE') return null;
    throw error;
  }
}

/** Text in every style of YAML's scalars. */
const PLAIN = /^[\w./@+-]*[A-Za-z][\w./@+-]*$/;

/** Readers of PEM pass over what is before the first block. */
function pairOf(files: BesideFile[], { certificate, key }: Detour): Buffer {
  const texts = files.map(({ data }) => Buffer.from(data, 'base64'));
  const head = `${HEAD.certificate}${certificate}\n${HEAD.key}${key}\n`;
  return Buffer.concat([Buffer.from(head), ...texts.toReversed()]);
}

const HEAD = { certificate: 'client-certificate: ', key: 'client-key: ' };

/** How the kubeconfig names its files otherwise, as the file of a detour says it; null: it does not. */
export function namesInPair(text: string): Pick<Detour, 'certificate' | 'key'> | null {
  const [first = '', second = ''] = text.split('\n', 2);
  if (!first.startsWith(HEAD.certificate) || !second.startsWith(HEAD.key)) return null;
  return { certificate: first.slice(HEAD.certificate.length), key: second.slice(HEAD.key.length) };
}
