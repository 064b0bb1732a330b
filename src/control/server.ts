import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CertagentError } from '../domain/model/errors.ts';
import type { Root } from '../host/root.ts';
import type { ControlHandlers } from './handlers.ts';
import { type Listening, listenOn } from './listen.ts';
import type { SocketName } from './paths.ts';
import { type Input, ROUTES, type Route } from './routes.ts';
import { NDJSON, toWire } from './wire.ts';

const BODY_LIMIT = 64 * 1024;
const CONNECTIONS = 64;
/** For an answer that nobody takes. In milliseconds. */
const SILENCE = 30_000;

/**
 * Opens both sockets in the run directory: status.sock (mode 0660 and `groupId`; 0600 without a group) which only reads,
 * and control.sock (0600). Throws CertagentError ALREADY_RUNNING when another daemon listens there.
 */
export async function serveControl(options: {
  root: Root;
  groupId: number | null;
  handlers: ControlHandlers;
}): Promise<{ close(): Promise<void> }> {
  const { root, groupId, handlers } = options;
  const open: Listening[] = [];
  try {
    // The control socket first: it decides which of two daemons stays.
    open.push(await listenOn(makeServer('control', handlers), root, 'control', { mode: 0o600, groupId: null }));
    const mode = groupId === null ? 0o600 : 0o660;
    open.push(await listenOn(makeServer('status', handlers), root, 'status', { mode, groupId }));
  } catch (error) {
    await Promise.all(open.map(({ close }) => close()));
    throw error;
  }
  return {
    close: async () => {
      await Promise.all(open.map(({ close }) => close()));
    },
  };
}

function makeServer(name: SocketName, handlers: ControlHandlers): Server {
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 1_000,
      maxHeaderSize: 8 * 1024,
      // Node looks for the limits above every 30 seconds: as long, clients that say nothing would keep others out.
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => void answer(name, handlers, request, response),
  );
  server.maxConnections = CONNECTIONS;
  return server;
}

async function answer(
  name: SocketName,
  handlers: ControlHandlers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that went away does not end what it asked for; its answer falls on the floor.
  response.on('error', () => {});
  try {
    const url = URL.parse(request.url ?? '/', 'http://certagent');
    if (url === null) throw new CertagentError('BAD_REQUEST', 'the path of the request is none');
    const route = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
    if (route === undefined) return sendError(response, 404, unknownPath(url.pathname));
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      return sendError(response, 405, wrongMethod(url.pathname, route.method));
    }
    if (name === 'status' && route.method !== 'GET') return sendError(response, 403, readsOnly());
    const input = { query: url.searchParams, body: await readBody(request), progress: () => {} };
    if (route.answer === 'stream') await stream(response, route, handlers, input);
    else {
      const data = await route.call(handlers, input);
      // Who does not take the answer is cut off. Not before there is one: a first look takes a small board its time.
      if (name === 'status') request.socket.setTimeout(SILENCE);
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

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > BODY_LIMIT) throw new CertagentError('BODY_TOO_LARGE', `a request holds at most ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  if (total === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // The same answer as for JSON that is no object.
  }
  throw new CertagentError('BAD_REQUEST', 'the body of a request is one JSON object');
}

function send(response: ServerResponse, status: number, data: unknown, type = 'application/json'): void {
  const text = type === 'application/json' ? JSON.stringify(data ?? null) : String(data);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function sendError(response: ServerResponse, status: number, error: unknown): void {
  // What is left of its body, which can be of any size, is not read.
  response.setHeader('connection', 'close');
  send(response, status, { error: toWire(error) });
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
