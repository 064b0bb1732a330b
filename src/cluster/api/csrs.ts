/** Certificate signing requests of the cluster. */
export const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
