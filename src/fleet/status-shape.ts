import type { FleetStatus } from '../domain/fleet/model.ts';
import { byName, count, instant, list, object, optional, orNull, type Shape, text, word } from '../host/shape.ts';

const SEVERITY = word(['info', 'warning', 'critical']);
const NEARNESS = word(['valid', 'due', 'urgent', 'expired', 'not-yet-valid']);

/**
 * What certagent reads of the status of another node. Members that it does not know are dropped; one that an earlier version
 * did not write can be left out.
 */
export const STATUS: Shape<FleetStatus> = object({
  at: instant,
  source: word(['daemon', 'node']),
  version: text,
  mode: text,
  node: object({ name: text, distribution: orNull(text), role: orNull(text), version: orNull(text) }),
  labels: optional(byName(text)),
  certificates: list(
    object({
      id: text,
      owner: text,
      certificate: object({ notAfter: instant }),
      decision: object({ nearness: NEARNESS, opensAt: instant }),
    }),
  ),
  renewal: object({
    kind: text,
    nextAt: optional(orNull(instant)),
    until: optional(orNull(instant)),
    why: optional(text),
    blockers: optional(list(object({ why: text }))),
  }),
  running: orNull(object({ step: count, steps: count })),
  lastAttempt: orNull(
    object({
      startedAt: instant,
      endedAt: orNull(instant),
      result: text,
      trigger: text,
      error: orNull(object({ code: text, message: text })),
      granted: list(object({ id: text })),
    }),
  ),
  alerts: list(
    object({
      alert: object({ code: text, severity: SEVERITY, subject: text, text, remedy: text }),
      since: orNull(instant),
    }),
  ),
  nextCheckAt: orNull(instant),
  configError: orNull(text),
  failingSinks: list(text),
});
