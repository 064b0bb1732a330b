import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** So many at once, and as many more that only get the answer that there are too many. */
const MOST = 64;
/** Bytes of answers that wait to be taken, of all connections together. With thousands of certificates an answer has megabytes. */
const MOST_WAITING = 32 * 1024 * 1024;
/** For a connection too many to send its request. Milliseconds. */
const REFUSED_WITHIN = 1_000;

export type Connections = {
  /** True when there were already too many: the answer says so and nothing else. */
  isRefused(socket: Socket): boolean;
  /** While `work` runs, nobody else takes the connection's place. */
  during<T>(socket: Socket, work: () => Promise<T>): Promise<T>;
  /** Before an answer: ends the oldest of the others that do not take theirs, when too much waits for them. */
  makeRoom(socket: Socket): void;
};

/**
 * Bounds the connections of a server. When all places are taken, a new connection takes the place of the oldest one that
 * waits for its client (for a request, or for the answer to be taken): a client that says nothing keeps nobody out. Node
 * cannot ask for the peer's user (SO_PEERCRED), so the users of the status socket share its places; root has its own socket.
 */
export function boundConnections(server: Server): Connections {
  // A Map keeps the order in which they came.
  const places = new Map<Socket, { working: boolean }>();
  const refused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.once('close', () => {
      places.delete(socket);
      refused.delete(socket);
    });
    if (places.size < MOST || giveWay(places)) places.set(socket, { working: false });
    else refuse(socket, refused);
  });
  return {
    isRefused: (socket) => refused.has(socket),
    async during(socket, work) {
      const place = places.get(socket);
      if (place === undefined) return work();
      place.working = true;
      try {
        return await work();
      } finally {
        place.working = false;
      }
    },
    makeRoom(socket) {
      let waiting = 0;
      for (const [other] of places) waiting += other.writableLength;
      for (const [other] of places) {
        if (waiting <= MOST_WAITING) return;
        if (other === socket || other.writableLength === 0) continue;
        waiting -= other.writableLength;
        places.delete(other);
        other.destroy();
      }
    },
  };
}

/** False when every connection is being worked for. */
function giveWay(places: Map<Socket, { working: boolean }>): boolean {
  for (const [socket, { working }] of places) {
    if (working) continue;
    places.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}

function refuse(socket: Socket, refused: Set<Socket>): void {
  const [oldest] = refused;
  if (refused.size >= MOST && oldest !== undefined) {
    refused.delete(oldest);
    oldest.destroy();
  }
  refused.add(socket);
  socket.setTimeout(REFUSED_WITHIN, () => socket.destroy());
}
