import type { FleetStatus } from '../domain/fleet/model.ts';
import { byName, count, list, object, optional, orNull, type Shape, text, time, word } from '../host/shape.ts';

const SEVERITY = word(['info', 'warning', 'critical']);
const NEARNESS = word(['valid', 'due', 'urgent', 'expired', 'not-yet-valid']);

/**
 * What certagent reads of the status of another node: certagent.status/v2, whose times are in ISO 8601, and v1, where they were
 * milliseconds since the epoch. Members that it does not know are dropped; one that an earlier version did not write can be left out.
 */
export const STATUS: Shape<FleetStatus> = object({
  at: time,
  source: word(['daemon', 'node']),
  version: text,
  mode: text,
  node: object({ name: text, distribution: orNull(text), role: orNull(text), version: orNull(text) }),
  labels: optional(byName(text)),
  certificates: list(
    object({
      id: text,
      owner: text,
      certificate: object({ notAfter: time }),
      decision: object({ nearness: NEARNESS, opensAt: time }),
    }),
  ),
  renewal: object({
    kind: text,
    nextAt: optional(orNull(time)),
    until: optional(orNull(time)),
    why: optional(text),
    blockers: optional(list(object({ why: text }))),
  }),
  running: orNull(object({ step: count, steps: count })),
  lastAttempt: orNull(
    object({
      startedAt: time,
      endedAt: orNull(time),
      result: text,
      trigger: text,
      error: orNull(object({ code: text, message: text })),
      granted: list(object({ id: text })),
    }),
  ),
  alerts: list(
    object({
      alert: object({ code: text, severity: SEVERITY, subject: text, text, remedy: text }),
      since: orNull(time),
    }),
  ),
  nextCheckAt: orNull(time),
  configError: orNull(text),
  failingSinks: list(text),
});
