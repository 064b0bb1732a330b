import { fstatSync, writeSync } from 'node:fs';
import { errorCode } from '../domain/model/errors.ts';

/** Standard output as commands use it. */
export type Output = {
  isTTY: boolean;
  /** Of the terminal, as it is now; undefined when there is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  hasColors(): boolean;
  write(text: string): void;
  /** Node's stream, for what needs one. */
  stream(): NodeJS.WriteStream;
  /**
   * Ends the process when all is written, which spares it from taking itself down in good order: a tenth of the time of an
   * empty process. Else it returns, and the process ends when Node's stream is done. Only where nothing else is under way.
   */
  leave(exitCode: number): number;
};

/**
 * Writes to file descriptor 1 itself unless it is a terminal: loading Node's stream takes a tenth of the time of
 * `certagent status`. A reader that went away (`certagent status | head`) is not an error. `encode`: for a locale that does not have every character.
 */
export function standardOutput(encode: (text: string, isTTY: boolean) => string = (text) => text): Output {
  let opened: NodeJS.WriteStream | undefined;
  const stream = () => {
    opened ??= process.stdout.on('error', (error) => {
      if (errorCode(error) === 'EPIPE') process.exit(0);
      throw error;
    });
    return opened;
  };
  // A character device: a terminal, or /dev/null.
  const isTTY = isCharacterDevice(1) && stream().isTTY === true;
  return {
    isTTY,
    get columns() {
      return isTTY ? stream().columns : undefined;
    },
    get rows() {
      return isTTY ? stream().rows : undefined;
    },
    hasColors: () => isTTY && stream().hasColors(),
    write(unencoded) {
      const text = encode(unencoded, isTTY);
      const rest = opened === undefined ? written(text) : text;
      if (rest.length > 0) stream().write(rest);
    },
    stream,
    leave: (exitCode) => (opened === undefined ? process.exit(exitCode) : exitCode),
  };
}

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    // It is closed: Node's stream knows what to do.
    return true;
  }
}

/** Writes what the descriptor takes at once. Returns the rest, where somebody else has made it non-blocking. */
function written(text: string): Buffer {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    if (errorCode(error) === 'EPIPE') process.exit(0);
    if (errorCode(error) !== 'EAGAIN') throw error;
  }
  return rest;
}
