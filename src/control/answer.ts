import type { Socket } from 'node:net';
import { CertagentError } from '../domain/model/errors.ts';
import type { Progress } from '../domain/model/journal.ts';
import { fromWire, NDJSON, type RenewLine, type WireError } from './wire.ts';

type Head = { status: number; type: string; length: number | null };

/**
 * Reads one HTTP answer that ends with its connection: JSON, text, or lines of JSON whose progress goes to `onProgress`.
 * Throws the error the answer carries, or one with the code ERR_STREAM_PREMATURE_CLOSE when the end is missing.
 */
export function parseAnswer(socket: Socket, onProgress?: (progress: Progress) => void): Promise<unknown> {
  const answer = reader(onProgress);
  return new Promise((resolve, reject) => {
    const settle = (step: () => Settled) => {
      try {
        const settled = step();
        if (settled !== null) resolve(settled.value);
      } catch (error) {
        reject(error);
      }
    };
    // Events: an asynchronous iterator over the socket would take a command a millisecond more.
    socket.on('data', (chunk: Buffer) => settle(() => answer.take(chunk)));
    socket.on('error', reject);
    socket.once('close', () => settle(answer.end));
  });
}

/** What was answered; null: there is more to come. */
type Settled = { value: unknown } | null;

function reader(onProgress: ((progress: Progress) => void) | undefined) {
  let head: Head | null = null;
  let rest = Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let received = 0;
  const whole = (of: Head) => ({ value: finished(of, Buffer.concat(chunks).toString('utf8')) });

  function take(chunk: Buffer): Settled {
    let body = chunk;
    if (head === null) {
      rest = Buffer.concat([rest, chunk]);
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return null;
      head = parseHead(rest.toString('latin1', 0, end));
      body = rest.subarray(end + 4);
      rest = Buffer.alloc(0);
    }
    if (head.type === NDJSON) return lines(body);
    chunks.push(body);
    received += body.length;
    return received === head.length ? whole(head) : null;
  }

  function lines(body: Buffer): Settled {
    rest = Buffer.concat([rest, body]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = JSON.parse(rest.toString('utf8', 0, end)) as RenewLine;
      rest = rest.subarray(end + 1);
      if ('error' in line) throw fromWire(line.error);
      if ('outcome' in line) return { value: line.outcome };
      onProgress?.(line.progress as Progress);
    }
    return null;
  }

  function end(): Settled {
    if (head === null || head.type === NDJSON || (head.length !== null && received < head.length)) throw cutOff();
    return whole(head);
  }

  return { take, end };
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = new Map(
    lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2)).map(([k, v]) => [k?.toLowerCase(), v]),
  );
  const length = headers.get('content-length');
  return {
    status: Number(first.split(' ')[1]),
    type: headers.get('content-type')?.split(';')[0] ?? '',
    length: length === undefined ? null : Number(length),
  };
}

function finished(head: Head, body: string): unknown {
  if (head.status === 200) return head.type === 'application/json' ? JSON.parse(body) : body;
  const error = wireError(body);
  if (error !== null) throw fromWire(error);
  throw new CertagentError('DAEMON_ANSWER', `the daemon answered with HTTP ${head.status}`, {
    remedy:
      'Check that the daemon has the same version as this command; if not, restart it: systemctl restart certagent',
  });
}

/** null for Node's own refusals (400, 408, 431), which carry no JSON. */
function wireError(body: string): WireError | null {
  try {
    return (JSON.parse(body) as { error?: WireError }).error ?? null;
  } catch {
    return null;
  }
}

function cutOff(): Error {
  return Object.assign(new Error('the answer is not complete'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
