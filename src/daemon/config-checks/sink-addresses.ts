import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';

/** Addresses that a server will refuse, or at which nobody takes alerts although it answers. */
export function wrongAddresses({ alerts }: Config): Problem[] {
  return [
    ...alerts.email.flatMap(({ from, to, host }, index): Problem[] => {
      const at = ['alerts', 'email', index];
      return [
        ...(isMailAddress(from) ? [] : [{ path: [...at, 'from'], message: NOT_MAIL }]),
        ...to.flatMap((each, number) =>
          isMailAddress(each) ? [] : [{ path: [...at, 'to', number], message: NOT_MAIL }],
        ),
        ...(isHost(host) ? [] : [{ path: [...at, 'host'], message: NOT_HOST }]),
      ];
    }),
    ...alerts.webhook.flatMap(({ url, url_file, shape }, index) =>
      shape === 'alertmanager' && url !== undefined && url_file === undefined && !takesAlerts(url)
        ? [{ path: ['alerts', 'webhook', index, 'url'], message: NOT_ALERTMANAGER }]
        : [],
    ),
  ];
}

const NOT_MAIL = 'is not an email address: use the form "ops@example.org" or "Name <ops@example.org>"';
const NOT_HOST = 'is not a host name: leave out the protocol, and put the port into "port"';
const NOT_ALERTMANAGER =
  'does not end with /api/v2/alerts, where Alertmanager takes alerts: it can answer "accepted" elsewhere and lose them';

/** As mail programs write one; what a server makes of the part before the @ is its own matter. */
export function isMailAddress(text: string): boolean {
  const address = /^[^<>]*<([^<>]*)>$/.exec(text.trim())?.[1] ?? text.trim();
  return /^[^\s@<>,;:"]+@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)$/.test(
    address,
  );
}

/** A name, an IPv4 or an IPv6 address. */
const isHost = (host: string): boolean =>
  /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)$/.test(host) && !/^[^:]+:\d+$/.test(host);

function takesAlerts(url: string): boolean {
  return URL.canParse(url) && /\/api\/v2\/alerts\/?$/.test(new URL(url).pathname);
}
