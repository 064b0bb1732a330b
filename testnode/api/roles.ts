// What a ServiceAccount may do by the roles that are bound to it (RBAC). Simplified: no groups, no aggregated roles.
import type { ApiObject, Objects } from './objects.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const USER = /^system:serviceaccount:([^:]+):([^:]+)$/;
const RESOURCE = /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/;

type Rule = {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
};
type Binding = ApiObject & {
  roleRef: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
};

/** Everybody else may do it, as far as this is concerned. `verb`: "get" of a collection is "list". */
export function mayAsServiceAccount(objects: Objects, user: string, verb: string, path: string): boolean {
  const [, namespace, name] = USER.exec(user) ?? [];
  if (name === undefined) return true;
  const there = RESOURCE.exec(path)?.[2];
  const collections = [`${RBAC}/clusterrolebindings`];
  if (there !== undefined) collections.push(`${RBAC}/namespaces/${there}/rolebindings`);
  const isBound = ({ subjects = [] }: Binding) =>
    subjects.some((one) => one.kind === 'ServiceAccount' && one.name === name && one.namespace === namespace);
  return collections
    .flatMap((collection) => objects.list(collection) as Binding[])
    .filter(isBound)
    .flatMap(({ roleRef, metadata }) => rulesOf(objects, roleRef, metadata.namespace))
    .some((rule) => allows(rule, verb, path));
}

function rulesOf(objects: Objects, { kind, name }: Binding['roleRef'], namespace: string | undefined): Rule[] {
  const path = kind === 'ClusterRole' ? `${RBAC}/clusterroles` : `${RBAC}/namespaces/${namespace}/roles`;
  return (objects.get(`${path}/${name}`)?.rules ?? []) as Rule[];
}

function allows(rule: Rule, verb: string, path: string): boolean {
  const parts = RESOURCE.exec(path);
  if (parts === null) return (rule.nonResourceURLs ?? []).includes(path) && rule.verbs.includes(verb);
  const [, group = '', , resource, name] = parts;
  const wanted = verb === 'get' && name === undefined ? 'list' : verb;
  const { apiGroups = [], resources = [], resourceNames = [] } = rule;
  const isNamed = resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
  return apiGroups.includes(group) && resources.includes(resource!) && isNamed && rule.verbs.includes(wanted);
}
