import type { Notification } from '../domain/alerts/alert.ts';
import type { Severity } from '../domain/alerts/severity.ts';
import type { Log, LogLevel } from '../host/logger.ts';

const LEVELS: Record<Severity, LogLevel> = { critical: 'error', warning: 'warn', info: 'info' };

/** One line for each alert that is sent, at its severity: the log alone shows what is wrong, also where there is no sink. */
export function logAlerts(log: Log, notifications: Notification[]): void {
  for (const { status, alert } of notifications) {
    const { code, severity, subject, text, remedy } = alert;
    const facts = { code, severity, subject, status };
    if (status === 'cleared') log.info(facts, `cleared: ${text}`);
    else log[LEVELS[severity]]({ ...facts, ...(remedy === '' ? {} : { remedy }) }, text);
  }
}
