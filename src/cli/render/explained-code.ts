import type { CodeExplanation } from '../../domain/alerts/explain-code.ts';
import type { Severity } from '../../domain/alerts/severity.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { fold } from './table.ts';

/** `certagent explain CODE` for a person. `active`: the alerts of this code that are active now; null: not known. */
export function renderCode(
  { code, alert, reason, error }: CodeExplanation,
  active: StatusReport['alerts'] | null,
  options: { paint?: Paint; width?: number } = {},
): string {
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const title = (what: string) => paint('bold', `${code}: ${what}`);
  const blocks = [
    ...(alert === null
      ? []
      : [
          [
            title('an alert'),
            alert.meaning,
            `Severity: ${[alert.severity, ...otherwise(alert.at)].join('; ')}`,
            ...toDo(alert.remedy),
            `Step by step: ${alert.runbook}`,
            ...(active ?? []).map((one) => paint('yellow', `Active now: ${scrub(one.alert).text}`)),
            ...(active?.length === 0 ? ['Not active on this node now.'] : []),
          ],
        ]),
    ...(reason === null ? [] : [[title('a reason of a decision, or what forbids a renewal'), reason.meaning, WHERE]]),
    ...(error === null ? [] : [[title('an error'), error.meaning, ...toDo(error.remedy ?? '')]]),
  ];
  return `${blocks.map((lines) => lines.map((line) => fold(line, width)).join('\n')).join('\n\n')}\n`;
}

const WHERE = 'To see it with its cause and its remedy: certagent plan --now, certagent explain NAME';

const toDo = (remedy: string): string[] => (remedy === '' ? [] : [`What to do: ${remedy}`]);

function otherwise(at: Partial<Record<Severity, string>> = {}): string[] {
  return Object.entries(at).map(([severity, when]) => `${severity} ${when}`);
}
