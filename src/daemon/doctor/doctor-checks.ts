import type { DoctorCheck } from '../../domain/model/diagnosis.ts';
import { caKeys } from './check-ca-keys.ts';
import { clock } from './check-clock.ts';
import { cluster } from './check-cluster.ts';
import { configuration } from './check-configuration.ts';
import { copies } from './check-copies.ts';
import { daemon } from './check-daemon.ts';
import { disk } from './check-disk.ts';
import { hooks } from './check-hooks.ts';
import { node } from './check-node.ts';
import { programs } from './check-programs.ts';
import { rehearsal } from './check-rehearsal.ts';
import { renewal } from './check-renewal.ts';
import { servers } from './check-servers.ts';
import { sinks } from './check-sinks.ts';
import { watching } from './check-watching.ts';
import type { Check } from './doctor-check.ts';

/** Every check of `certagent doctor`. A name without a check does not compile. */
export const CHECKS: Record<DoctorCheck, Check> = {
  configuration,
  daemon,
  node,
  programs,
  renewal,
  'ca-keys': caKeys,
  clock,
  disk,
  rehearsal,
  servers,
  cluster,
  watching,
  hooks,
  copies,
  sinks,
};
