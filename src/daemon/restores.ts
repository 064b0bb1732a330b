import type { ControlHandlers } from '../control/handlers.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { BACKUPS_SCHEMA, type BackupSummary, RESTORE_SCHEMA, type RestoreReport } from '../domain/model/status.ts';
import { planIdAt } from '../domain/plan/plan-id.ts';
import { BACKUPS_DIR } from '../domain/plan/planner.ts';
import type { FoundBackup } from '../domain/restore/found-backup.ts';
import { decideRestore, type RestoreDecision } from '../domain/restore/restore-plan.ts';
import { type Written, writtenBy } from '../domain/restore/written.ts';
import { readBackups } from '../renew/backup/read-backups.ts';
import { planSettingsOf } from './node-policy.ts';
import type { OwnPlans } from './own-plans.ts';
import { blockedBy, type View } from './view.ts';

/** What certagent offers of its backups. */
export function makeRestores(agent: OwnPlans): Pick<ControlHandlers, 'backups' | 'restorePlan' | 'restore'> {
  const { root, journal } = agent;

  const decideOn = (backup: FoundBackup, view: View, written: Written): RestoreDecision =>
    decideRestore({
      ...view,
      backup,
      settings: planSettingsOf(agent.config()),
      written,
      planId: planIdAt(view.inventory.takenAt, view.history),
      now: view.inventory.takenAt,
    });

  const known = async (view: View) => ({
    backups: await readBackups(root, BACKUPS_DIR, issuersIn(view)),
    written: writtenBy(await journal.records()),
  });

  const decideFor = async (plan: string, view: View): Promise<RestoreDecision> => {
    const { backups, written } = await known(view);
    const backup = backups.find(({ planId }) => planId === plan);
    if (backup === undefined)
      throw new CertagentError('BACKUP_UNKNOWN', `there is no backup ${JSON.stringify(plan)} in ${BACKUPS_DIR}`);
    return decideOn(backup, view, written);
  };

  return {
    async backups() {
      const view = await agent.look();
      const { backups, written } = await known(view);
      const { takenAt: at, node } = view.inventory;
      const summaries = backups.map((backup) => summaryOf(backup, decideOn(backup, view, written)));
      return { schema: BACKUPS_SCHEMA, at, node, backups: summaries };
    },
    async restorePlan({ plan }) {
      const running = agent.running();
      const view = await agent.look();
      const decision = await decideFor(plan, view);
      const { takenAt: at, node } = view.inventory;
      const report: RestoreReport = { schema: RESTORE_SCHEMA, at, node, backup: plan, running, ...decision };
      return running === null ? report : { ...report, plan: null };
    },
    restore: ({ plan }, progress) =>
      agent.watched(progress, () =>
        agent.exclusive(async () => {
          const view = await agent.look();
          const decision = await decideFor(plan, view);
          if (decision.blockers.length > 0) throw blockedBy(decision.blockers);
          return decision.plan === null ? null : agent.runPlan(decision.plan, view);
        }),
      ),
  };
}

function summaryOf({ planId, directory, createdAt, leaves }: FoundBackup, decision: RestoreDecision): BackupSummary {
  return {
    id: planId,
    directory,
    createdAt,
    holds: leaves.map(({ path, notAfter }) => ({ path, notAfter })),
    restorable: decision.plan?.certificates ?? [],
    refusal: decision.blockers.length === 0 ? null : decision.blockers.map(({ why }) => why).join('; '),
  };
}

/** The CA that has signed what is there now. */
function issuersIn({ inventory }: View): (path: string) => string | null {
  const { certificates } = inventory;
  const places = new Map(certificates.map(({ id, place }) => [id, place.path]));
  const issuers = new Map(
    certificates.map(({ place, issuance }) => [place.path, places.get(issuance.ca ?? '') ?? null]),
  );
  return (path) => issuers.get(path) ?? null;
}
