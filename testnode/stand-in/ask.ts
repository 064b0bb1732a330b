import { type RequestOptions, request } from 'node:https';

/** Whether a GET is answered with 200. Each is a new connection, with the credentials it is given. */
export function answers(url: string, credentials: () => Pick<RequestOptions, 'ca' | 'cert' | 'key'>): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const asked = request(url, { agent: false, timeout: 2_000, ...credentials() });
      asked.on('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(false));
      asked.on('close', () => resolve(false));
      asked.end();
    } catch {
      resolve(false);
    }
  });
}
