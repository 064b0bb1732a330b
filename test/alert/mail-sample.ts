// Emails as nodes send them, for pictures and for tests of the layout.
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { expiry } from '../../src/domain/alerts/words.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { AT, alert, dispatch, told } from './support.ts';

const K3S = [
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  'client-k3s-cloud-controller',
  'client-kube-apiserver',
  'client-kube-proxy',
  'client-scheduler',
  'client-supervisor',
  'serving-kube-apiserver',
  'etcd/client',
  'etcd/peer-server-client',
  'etcd/server-client',
  'agent/client-k3s-controller',
  'agent/client-kube-proxy',
  'agent/client-kubelet',
  'agent/serving-kubelet',
];

const ends = (names: string[], at: number) => Object.fromEntries(names.map((name) => [name, expiry(at, AT)]));
const OSLO = { name: 'edge-17', distribution: 'k3s', role: 'server', labels: { site: 'oslo' } };

const urgent = alert({
  code: 'CERTIFICATE_URGENT',
  text: '16 certificates expire soon: client-admin, client-auth-proxy and 14 more.',
  remedy: 'Look at the node: certagent status, certagent history. Then: certagent renew',
  facts: ends(K3S, AT + 5 * DAY + 4 * HOUR),
});

const blocked = alert({
  code: 'RENEWAL_BLOCKED',
  severity: 'warning',
  text: 'The renewal of 3 certificates is blocked: the clock is not synchronised; only 12 MiB are free below /etc/kubernetes.',
  remedy: 'Start a time service, for example: systemctl start chrony. Free at least 64 MiB below /etc/kubernetes.',
  facts: {
    CLOCK_DOUBTFUL: 'the clock is not synchronised',
    DISK_FULL: 'only 12 MiB are free below /etc/kubernetes',
    apiserver: expiry(AT + 24 * DAY, AT),
    'apiserver-kubelet-client': expiry(AT + 24 * DAY, AT),
    'kubeconfig:controller-manager.conf': expiry(AT + 25 * DAY + 3 * HOUR, AT),
  },
});

const renewed = alert({
  code: 'RENEWED',
  severity: 'info',
  text: '16 certificates renewed.',
  remedy: '',
  facts: Object.fromEntries(K3S.slice(0, 4).map((name) => [name, 'expires 2028-02-29 12:00 UTC'])),
});

const LONG = 'betriebsstaette-norddeutschland-leuchtturm-westerheversand-gebaeude-7-schaltraum-2';

/** A hostile name: markup, an address, an escape sequence, characters that turn the text around, and no place to break it. */
const HOSTILE = `</td><script>alert(1)</script><img src=https://x.example/p>\u001b[31m\u202e${'W'.repeat(300)}`;

const WIKI = 'https://wiki.example.org/runbooks/certificates';

export const MAILS: Record<string, Dispatch> = {
  critical: dispatch({ node: OSLO, notifications: [told({ alert: urgent })], runbooks: WIKI }),
  blocked: dispatch({ notifications: [told({ alert: blocked })] }),
  cleared: dispatch({
    node: OSLO,
    notifications: [told({ status: 'cleared', since: AT - 2 * DAY, alert: urgent })],
    allClear: true,
  }),
  several: dispatch({
    node: OSLO,
    notifications: [
      told({ alert: urgent }),
      told({ status: 'repeated', since: AT - 3 * DAY, alert: blocked }),
      told({ status: 'event', alert: renewed }),
      told({ status: 'cleared', since: AT - 2 * DAY, alert: { ...blocked, text: 'etcd serves an old certificate.' } }),
    ],
    merged: 7,
  }),
  long: dispatch({
    node: { ...OSLO, name: `${LONG}.example.org`, labels: { site: LONG, customer: 'Ærøskøbing Sparekasse & Søn A/S' } },
    notifications: [told({ alert: blocked })],
    runbooks: `${WIKI}/${LONG}`,
  }),
  hostile: dispatch({
    node: { ...OSLO, name: HOSTILE, labels: { site: HOSTILE } },
    notifications: [
      told({
        alert: alert({
          text: HOSTILE,
          remedy: HOSTILE,
          facts: {
            [HOSTILE]: HOSTILE,
            reason: `first line\nsecond line\n  ${HOSTILE}`,
            ...ends(['a', 'b', HOSTILE.slice(9)], AT + DAY),
          },
        }),
      }),
    ],
  }),
};
