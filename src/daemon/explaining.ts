import type { Config } from '../config/schema.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { explainCertificate } from '../domain/decide/explain-certificate.ts';
import { historyOf } from '../domain/decide/history-of.ts';
import { CertagentError } from '../domain/model/errors.ts';
import type { CertificateExplanation } from '../domain/model/explanation.ts';
import type { JournalRecord } from '../domain/model/journal.ts';
import { HISTORY_SCHEMA, type StatusReport } from '../domain/model/status.ts';
import { attemptReport } from '../domain/plan/attempt-report.ts';
import { needsRestart } from '../domain/plan/needs-restart.ts';
import { unknownCertificate } from './named-certificates.ts';
import { planSettingsOf } from './node-policy.ts';
import { SCHEDULED, type View } from './view.ts';

type Explained = { latest(): Promise<View>; status(): Promise<StatusReport>; config(): Config };

/** Why a certificate is renewed when it is, by the last check and what is active. Throws CertagentError CERTIFICATE_UNKNOWN. */
export async function explainFrom(
  name: string,
  { latest, status, config }: Explained,
): Promise<CertificateExplanation> {
  const { inventory, history, policy } = await latest();
  const { alerts, silences = [] } = await status();
  const active = alerts.flatMap((one) => (one.since === null ? [] : [one]));
  const input = { inventory, history, policy, now: inventory.takenAt, request: SCHEDULED };
  const found = explainCertificate(name, input, { alerts: active, silences });
  if (found === null) throw unknownCertificate(name, inventory);
  const settings = planSettingsOf(config());
  const inPlace = needsRestart(name, { inventory, history, settings, renewal: found.renewal });
  return { ...found, ...(inPlace === null ? {} : { inPlace }) };
}

type Past = Pick<ControlHandlers, 'history' | 'attempt' | 'explain'>;

/** What a person asks about what was, and about why. */
export function makeExplaining(agent: Explained & { records(): Promise<JournalRecord[]> }): Past {
  return {
    history: async () => ({ schema: HISTORY_SCHEMA, attempts: historyOf(await agent.records()).attempts }),
    attempt: async ({ plan }) => {
      const found = attemptReport(await agent.records(), plan);
      if (found === null) throw new CertagentError('PLAN_UNKNOWN', `the journal holds no plan ${plan}`);
      return found;
    },
    explain: ({ name }) => explainFrom(name, agent),
  };
}
