import type { ComponentHealth } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { type UnitFile, type UnitList, unitsThatRun } from '../../host/unit-files.ts';
import { absolute, record, settings } from '../node-files.ts';
import { flagsOf } from '../static-pod-manifest.ts';

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const PROGRAMS = [...CONTROL_PLANE, 'etcd', 'kubelet', 'kube-proxy'] as const;

/** A component that a unit runs, and its flags. */
export type Program = {
  name: (typeof PROGRAMS)[number] & ComponentHealth['name'];
  unit: UnitFile;
  arguments: string[];
  flags: Map<string, string>;
};

export const isOfControlPlane = ({ name }: Pick<Program, 'name'>): boolean => CONTROL_PLANE.some((one) => one === name);

/** The components that units of systemd run on this node, the API server first. */
export async function readPrograms(root: Root, units: UnitList): Promise<Program[]> {
  // A package of the operating system may have installed them, too.
  const all = { ...units, names: [...new Set([...units.names, ...PROGRAMS])] };
  const found = await Promise.all(PROGRAMS.map((name) => readProgram(root, all, name)));
  return found.flatMap((program) => program ?? []);
}

async function readProgram(root: Root, units: UnitList, name: Program['name']): Promise<Program | null> {
  const running = (await unitsThatRun(root, units, name)).filter((unit) => isRun(unit, name));
  const unit = running.find((one) => one.name === name) ?? running[0];
  if (unit === undefined) return null;
  const words = unit.argv.slice(1);
  const flags = new Map([...variables(unit, name), ...flagsOf(words)]);
  const kubeconfig = await kubeconfigInFile(root, flags.get('config'));
  if (kubeconfig !== null && !flags.has('kubeconfig')) flags.set('kubeconfig', kubeconfig);
  return { name, unit, arguments: words, flags };
}

/** A unit of another name may only have a directory of that name among its words. */
const isRun = ({ argv, name }: UnitFile, program: string): boolean =>
  name === program || argv.slice(1).some((word) => word.startsWith('-'));

/** etcd takes each flag from a variable as well, and the flag wins. */
function variables({ environment }: UnitFile, program: string): [string, string][] {
  if (program !== 'etcd') return [];
  return [...environment].flatMap(([variable, value]) =>
    variable.startsWith('ETCD_') ? [[variable.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-'), value]] : [],
  );
}

/** kube-scheduler and kube-proxy can name their kubeconfig in a configuration file. */
async function kubeconfigInFile(root: Root, file: string | undefined): Promise<string | null> {
  const path = absolute(file);
  const config = path === null ? null : await settings(root, path);
  return absolute(record(config?.clientConnection)?.kubeconfig);
}
