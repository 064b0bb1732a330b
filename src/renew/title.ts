import type { Step } from '../domain/plan.ts';

/** One line for a person. */
export function title(step: Step): string {
  switch (step.kind) {
    case 'backup':
      return `back up to ${step.directory}`;
    case 'kubeadm-renew':
      return `renew ${step.name}`;
    case 'verify-files':
      return 'verify the renewed files';
    case 'cycle-unless-served':
      return `see that ${step.cycle.component} serves its new certificate`;
    case 'cycle':
      return `cycle ${step.component}`;
    case 'verify-served':
      return 'compare what is served with the files';
    case 'restart-unit':
      return `restart ${step.unit}`;
    case 'await-ready':
      return `wait until ${step.unit} is ready`;
    case 'await-listener':
      return `wait for the certificate of port ${step.endpoint.port}`;
  }
}
