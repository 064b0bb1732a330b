import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { Policy } from '../domain/model/decision.ts';
import type { NodeFacts } from '../domain/model/inventory.ts';
import type { Pause } from '../domain/model/orders.ts';
import { BACKUPS_DIR, type PlanSettings } from '../domain/plan/planner.ts';
import { isTimeZone } from '../host/clock.ts';

/** The configuration as the rules of the domain want it, with what only the node knows: its time zone and its name. */
export function policyOf(config: Config, node: NodeFacts, pause: Pause | null = null): Policy {
  const zone = config.maintenance.time_zone === 'node' ? node.timeZone : config.maintenance.time_zone;
  return {
    mode: config.mode,
    opens: config.windows.opens,
    urgent: config.windows.urgent,
    maintenance: {
      days: config.maintenance.days,
      start: config.maintenance.start,
      end: config.maintenance.end,
      timeZone: isTimeZone(zone) ? zone : 'UTC',
    },
    triesPerDay: config.renew.tries_per_day,
    nodeDelay: stableShare(node.name, 'maintenance'),
    kubelet: config.renew.kubelet,
    heal: config.renew.heal,
    pause,
    rehearse: config.renew.rehearse,
  };
}

/** A number in [0, 1) that is the same at each call for a node, and spreads nodes evenly. */
export function stableShare(nodeName: string, purpose: string): number {
  return createHash('sha256').update(`${purpose}\0${nodeName}`).digest().readUInt32BE() / 2 ** 32;
}

/** Of the configuration, what plans are made with. */
export function planSettingsOf({ renew }: Config): PlanSettings {
  return {
    kubeadmConfig: renew.kubeadm_config ?? null,
    sans: renew.sans,
    cycle: renew.cycle,
    neighbours: renew.neighbours,
    rehearse: renew.rehearse,
    inPlace: renew.k3s === 'in-place',
    backups: BACKUPS_DIR,
    limits: {
      kubeadm: renew.kubeadm_limit,
      component: renew.component_limit,
      etcdPatience: renew.etcd_patience,
      restart: renew.restart_limit,
      settle: renew.settle,
      listener: renew.listener_limit,
      served: renew.served_limit,
      clients: renew.clients_limit,
    },
  };
}
