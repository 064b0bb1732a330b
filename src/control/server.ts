import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CertagentError } from '../domain/model/errors.ts';
import type { Root } from '../host/root.ts';
import { coalesced } from './coalesce.ts';
import { boundConnections, type Connections } from './connections.ts';
import type { ControlHandlers } from './handlers.ts';
import { listenOn } from './listen.ts';
import type { SocketName } from './paths.ts';
import { type Input, ROUTES, type Route } from './routes.ts';
import { NDJSON, toWire } from './wire.ts';

const BODY_LIMIT = 64 * 1024;
/** For an answer that nobody takes. In milliseconds. */
const SILENCE = 30_000;
/** An answer of the status socket is made at most this often, however many ask for it. In milliseconds. */
const FRESH = 250;

/** What the status socket offers. None of it may run a program or read the node: members of the group ask as often as they like. */
export type Readers = Pick<ControlHandlers, 'status' | 'plan' | 'history' | 'metrics'>;

export type ControlServer = {
  /** Which group may read from now on; null: only root. */
  setGroup(groupId: number | null): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens both sockets in the run directory: status.sock (mode 0660 and `groupId`; 0600 without a group) which only reads,
 * and control.sock (0600). `readers` answer the status socket, by default as `handlers` do. Throws CertagentError
 * ALREADY_RUNNING when another daemon listens there.
 */
export async function serveControl(options: {
  root: Root;
  groupId: number | null;
  handlers: ControlHandlers;
  readers?: Readers;
}): Promise<ControlServer> {
  const { root, groupId, handlers } = options;
  const readers = sparing(options.readers ?? handlers);
  const opened = new AsyncDisposableStack();
  try {
    // The control socket first: it decides which of two daemons stays.
    const control = await listenOn(makeServer('control', handlers), root, 'control');
    opened.defer(() => control.close());
    const status = await listenOn(makeServer('status', { ...handlers, ...readers }), root, 'status');
    opened.defer(() => status.close());
    await status.openTo(groupId);
    return { setGroup: (next) => status.openTo(next), close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

function sparing(readers: Readers): Readers {
  return {
    status: coalesced(() => readers.status(), FRESH),
    plan: coalesced(
      (request) => readers.plan(request),
      FRESH,
      (request) => JSON.stringify(request ?? null),
    ),
    history: coalesced(() => readers.history(), FRESH),
    metrics: coalesced(() => readers.metrics(), FRESH),
  };
}

function makeServer(name: SocketName, handlers: ControlHandlers): Server {
  const server = createServer({
    headersTimeout: 2_000,
    requestTimeout: 5_000,
    keepAliveTimeout: 1_000,
    maxHeaderSize: 8 * 1024,
    // Node looks for the limits above every 30 seconds: as long, clients that say nothing would keep their places.
    connectionsCheckingInterval: 1_000,
  });
  const connections = boundConnections(server);
  const asking = new WeakSet<object>();
  server.on('request', (request, response) => {
    // Thousands fit into one packet, and to answer them would keep certagent from everything else.
    if (asking.has(request.socket)) return void request.socket.destroy();
    asking.add(request.socket);
    response.once('close', () => asking.delete(request.socket));
    if (connections.isRefused(request.socket)) sendError(response, 503, tooMany(name));
    else void answer({ name, handlers, connections }, request, response);
  });
  return server;
}

async function answer(
  { name, handlers, connections }: { name: SocketName; handlers: ControlHandlers; connections: Connections },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that went away does not end what it asked for; nobody takes its answer.
  response.on('error', () => {});
  try {
    const url = URL.parse(request.url ?? '/', 'http://certagent');
    if (url === null) throw new CertagentError('BAD_REQUEST', 'the request has no valid path');
    const route = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
    if (route === undefined) return sendError(response, 404, unknownPath(url.pathname));
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      return sendError(response, 405, wrongMethod(url.pathname, route.method));
    }
    if (name === 'status' && route.method !== 'GET') return sendError(response, 403, readsOnly());
    const input = { query: url.searchParams, body: await readBody(request, route.bodyLimit), progress: () => {} };
    if (route.answer === 'stream')
      await connections.during(request.socket, () => stream(response, route, handlers, input));
    else {
      const data = await connections.during(request.socket, () => route.call(handlers, input));
      // A client that does not take the answer is cut off. Not before there is one: a first check takes a small board its time.
      if (name === 'status') request.socket.setTimeout(SILENCE);
      connections.makeRoom(request.socket);
      send(response, 200, data, route.answer === 'text' ? 'text/plain; version=0.0.4' : undefined);
    }
  } catch (error) {
    sendError(response, error instanceof CertagentError ? (STATUS[error.code] ?? 409) : 500, error);
  }
}

const STATUS: Record<string, number> = { BAD_REQUEST: 400, BODY_TOO_LARGE: 413 };

async function stream(response: ServerResponse, route: Route, handlers: ControlHandlers, input: Input): Promise<void> {
  response.writeHead(200, { 'content-type': NDJSON, 'cache-control': 'no-store' });
  response.flushHeaders();
  const line = (data: unknown) => response.write(`${JSON.stringify(data)}\n`);
  try {
    const outcome = await route.call(handlers, { ...input, progress: (progress) => line({ progress }) });
    line({ outcome: outcome ?? null });
  } catch (error) {
    line({ error: toWire(error) });
  }
  response.end();
}

async function readBody(request: IncomingMessage, limit = BODY_LIMIT): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > limit) throw new CertagentError('BODY_TOO_LARGE', `a request holds at most ${limit} bytes`);
    chunks.push(chunk);
  }
  if (total === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // The same answer as for JSON that is not an object.
  }
  throw new CertagentError('BAD_REQUEST', 'the body of a request is one JSON object');
}

/** Of answers that several clients get: the same bytes for all, as those who do not take them keep them in memory. */
const texts = new WeakMap<object, Buffer>();

function jsonOf(data: unknown): Buffer {
  const text = () => Buffer.from(JSON.stringify(data ?? null));
  if (typeof data !== 'object' || data === null) return text();
  const bytes = texts.get(data) ?? text();
  texts.set(data, bytes);
  return bytes;
}

function send(response: ServerResponse, status: number, data: unknown, type = 'application/json'): void {
  const text = type === 'application/json' ? jsonOf(data) : String(data);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function sendError(response: ServerResponse, status: number, error: unknown): void {
  // The rest of its body, which can be of any size, is not read.
  response.setHeader('connection', 'close');
  send(response, status, { error: toWire(error) });
}

function tooMany(name: SocketName): CertagentError {
  return new CertagentError('TOO_MANY_CONNECTIONS', `too many connections to ${name}.sock at the same time`, {
    remedy: 'Try again. Root has a socket of its own: run this as root. See who connects: ss -xp | grep certagent',
  });
}

function unknownPath(path: string): CertagentError {
  return new CertagentError('UNKNOWN_PATH', `there is no ${path} here`, {
    remedy: `It is one of ${Object.keys(ROUTES).join(', ')}.`,
  });
}

function wrongMethod(path: string, method: string): CertagentError {
  return new CertagentError('WRONG_METHOD', `${path} is for ${method}`);
}

function readsOnly(): CertagentError {
  return new CertagentError('READ_ONLY', 'the status socket only reads', {
    remedy: 'Use the control socket, as root.',
  });
}
