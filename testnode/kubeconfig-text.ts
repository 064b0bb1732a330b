// Kubeconfigs as client-go writes them: keys in alphabetical order, data in one base64 line.

export type Credentials = { certificatePem: string; keyPem: string } | { certificateFile: string; keyFile: string };

export type KubeconfigText = {
  server: string;
  /** The CA as PEM (embedded) or as a path. */
  ca: { pem: string } | { file: string };
  cluster: string;
  user: string;
  /** Default USER@CLUSTER, as kubeadm names it. */
  context?: string;
  namespace?: string;
  credentials: Credentials;
};

export function kubeconfigText(kubeconfig: KubeconfigText): string {
  const context = kubeconfig.context ?? `${kubeconfig.user}@${kubeconfig.cluster}`;
  const ca =
    'pem' in kubeconfig.ca
      ? `certificate-authority-data: ${base64(kubeconfig.ca.pem)}`
      : `certificate-authority: ${kubeconfig.ca.file}`;
  const credentials =
    'certificatePem' in kubeconfig.credentials
      ? [
          `client-certificate-data: ${base64(kubeconfig.credentials.certificatePem)}`,
          `client-key-data: ${base64(kubeconfig.credentials.keyPem)}`,
        ]
      : [
          `client-certificate: ${kubeconfig.credentials.certificateFile}`,
          `client-key: ${kubeconfig.credentials.keyFile}`,
        ];
  return `apiVersion: v1
clusters:
- cluster:
    ${ca}
    server: ${kubeconfig.server}
  name: ${kubeconfig.cluster}
contexts:
- context:
    cluster: ${kubeconfig.cluster}
${kubeconfig.namespace === undefined ? '' : `    namespace: ${kubeconfig.namespace}\n`}    user: ${kubeconfig.user}
  name: ${context}
current-context: ${context}
kind: Config
preferences: {}
users:
- name: ${kubeconfig.user}
  user:
    ${credentials.join('\n    ')}
`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
