import { LEASE } from '../../domain/cluster/lease.ts';
import type { Context } from '../context.ts';

export async function run(context: Context): Promise<number> {
  context.stdout.write(MANIFEST);
  return 0;
}

/** Least privilege: what src/cluster asks for, and no more. A Lease that does not exist cannot be named in a rule for `create`. */
const MANIFEST = `# What certagent asks of the Kubernetes API. It reads no Secret, and changes one Lease.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: certagent
  namespace: ${LEASE.namespace}
---
# The token that the kubeconfig of certagent holds. It is a credential: keep it as you keep admin.conf.
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: certagent
  namespace: ${LEASE.namespace}
  annotations:
    kubernetes.io/service-account.name: certagent
---
# The nodes take turns by this Lease.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: certagent
  namespace: ${LEASE.namespace}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [${LEASE.name}]
  verbs: [get, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: certagent
  namespace: ${LEASE.namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: certagent
subjects:
- kind: ServiceAccount
  name: certagent
  namespace: ${LEASE.namespace}
---
# Which servers the cluster has, and whether they are ready.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: certagent
rules:
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
- nonResourceURLs: [/readyz]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: certagent
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: certagent
subjects:
- kind: ServiceAccount
  name: certagent
  namespace: ${LEASE.namespace}
`;
