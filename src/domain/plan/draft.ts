import type { BrokenLeaf } from '../model/broken-leaf.ts';
import type { Instant } from '../model/certificate.ts';
import type { Decisions, History, Rehearse } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { CycleStep } from '../model/plan.ts';

/** Of the configuration, what a plan is made with. Limits in milliseconds. */
export type PlanSettings = {
  /** kubeadm's `--config`; null: kubeadm asks the cluster. */
  kubeadmConfig: string | null;
  /** Whether names that the API server's certificate lacks are added. */
  sans: boolean;
  /** How a static pod restarts. */
  cycle: CycleStep['method'];
  /** Whether other static pods that use renewed files are restarted, or named. */
  neighbours: 'report' | 'restart';
  /** Whether the renewal is tried on copies first. */
  rehearse: Rehearse;
  /** Whether a distribution that can gets its certificates while it runs; left out: no. */
  inPlace?: boolean;
  /** Directory of all backups; each plan has its own directory below it. */
  backups: string;
  limits: {
    kubeadm: number;
    component: number;
    etcdPatience: number;
    restart: number;
    settle: number;
    listener: number;
    served: number;
    clients: number;
  };
};

export type PlanInput = {
  inventory: Inventory;
  decisions: Decisions;
  /** Earlier renewals: what of the node's state they have left. Left out: none. */
  history?: History;
  settings: PlanSettings;
  planId: string;
  now: Instant;
};

/** What the steps of a plan are made of: the certificates that it renews, by id, and the directory of its backup. */
export type Draft = Pick<PlanInput, 'inventory' | 'settings' | 'history'> & {
  renewed: ObservedCertificate[];
  /** Broken leaves that it removes. */
  heals: BrokenLeaf[];
  backup: string;
  /** Whether the maintenance window is open, or a person has asked: what can wait need not. */
  isMaintenance: boolean;
  /** Whether more is renewed than a restart of the unit would; left out: no. */
  rotates?: true;
  /** Whether what it renews is urgent or has expired; left out: no. */
  isPressing?: true;
  /** Whether it is tried on copies first; left out: no. */
  isRehearsed?: true;
  /** Where the rehearsal leaves what is put in place while the node runs; left out: a restart renews. */
  rehearsedTo?: string;
};
