import type { CycleStep, RenewalPlan, ServedExpectation, Step } from '../model/plan.ts';
import { formatDuration } from '../time/duration.ts';

/** A plan for people: what it renews and why, then its steps, numbered; lines joined by newlines. */
export function describePlan(plan: RenewalPlan): string {
  const width = String(plan.steps.length).length;
  const steps = plan.steps.map((step, index) => `${String(index + 1).padStart(width + 2)}. ${describeStep(step)}`);
  const title = `Renew ${counted(plan.certificates.length, 'certificate')} of ${plan.distribution}: ${plan.why}`;
  return [title, ...steps].join('\n');
}

/** One line that says what a step does. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'backup':
      return `back up ${contents(step)} to ${step.directory}`;
    case 'kubeadm-renew':
      return `kubeadm ${step.argv.join(' ')}`;
    case 'verify-files':
      return `verify ${step.expect.length === 1 ? step.expect[0]!.id : counted(step.expect.length, 'certificate')} on disk`;
    case 'cycle-unless-served':
      return `ask ${names(step.endpoints)} what is served; unless it is the new certificate within ${formatDuration(step.patience)}: ${describeCycle(step.cycle)}`;
    case 'cycle':
      return describeCycle(step);
    case 'verify-served':
      return `verify what ${names(step.endpoints)} serve${step.endpoints.length === 1 ? 's' : ''}`;
    case 'restart-unit':
      return `systemctl restart ${step.unit}`;
    case 'await-ready':
      return `wait for ${step.unit} to be ready, at most ${formatDuration(step.limit)}`;
    case 'await-listener':
      return `connect to ${step.endpoint.host}:${step.endpoint.port} until its own certificate is new, at most ${formatDuration(step.limit)}`;
  }
}

function describeCycle({ component, manifest, method }: CycleStep): string {
  const how = method === 'annotate' ? `an annotation in ${manifest}` : `moving ${manifest} out and back`;
  return `cycle ${component} by ${how}`;
}

function contents({ files, directories }: { files: string[]; directories: string[] }): string {
  const parts = directories.length === 0 ? [] : [directories.join(', ')];
  return [counted(files.length, 'file'), ...parts].join(', ');
}

function names(endpoints: ServedExpectation[]): string {
  return endpoints.map(({ name, port }) => `${name} (${port})`).join(', ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
