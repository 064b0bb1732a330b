// Who may import whom. `npm run check` runs this; a broken rule prints its comment, which says what to do instead.
import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

/** The one file of src that may import each package. A dependency that is not named here may be imported by none. zod has two
 * homes: the configuration's schema, which knows what it is made of, and the shapes of our own files. */
const HOMES = {
  '@peculiar/x509': 'src/host/x509-package.ts',
  'reflect-metadata': 'src/host/x509-package.ts',
  chokidar: 'src/host/watcher.ts',
  execa: 'src/host/commands.ts',
  'node-cron': 'src/host/cron.ts',
  nodemailer: 'src/alert/email.ts',
  pino: 'src/host/logger.ts',
  'prom-client': 'src/host/prometheus.ts',
  standardwebhooks: 'src/alert/webhook.ts',
  'toml-eslint-parser': 'src/config/toml.ts',
  yaml: 'src/host/yaml.ts',
  zod: ['src/config/fields.ts', 'src/host/shape.ts'],
};

/** Packages that cost milliseconds and megabytes: an import statement would make every `certagent status` pay for them. */
const HEAVY = ['@peculiar/x509', 'reflect-metadata', 'chokidar', 'execa', 'node-cron', 'nodemailer', 'pino', 'prom-client'];

/** Imports that are gone before the code runs. */
const ERASED = ['type-only', 'type-import'];

const WORKING_ROOMS = 'observe|renew|sync|alert|cluster';
/** What src/main.ts can be besides the command line: processes that certagent starts from its own executable. */
const ROLES = '^src/(sync/(look-)?helper|observe/watch-helper|renew/rehearsal/inside/serve)\\.ts$';
const RUNS_THE_AGENT = '^src/cli/(run|standalone)\\.ts$';

const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const inModules = (name) => `node_modules/${literal(name)}/`;

const onePackageOneImporter = Object.keys(dependencies).map((name) => {
  const homes = [HOMES[name] ?? []].flat();
  return {
    name: `one-importer-of-${name.replaceAll(/[@/]/g, '-').replace(/^-/, '')}`,
    comment:
      homes.length === 0
        ? `${name} has no home yet: write one file that wraps it and name that file in HOMES of .dependency-cruiser.mjs.`
        : `Only ${homes.join(' and ')} imports ${name}. Use what that file exports, or add what you need there: the package can then be replaced in one place.`,
    severity: 'error',
    from: { path: '^src/', ...(homes.length === 0 ? {} : { pathNot: homes.map((home) => `^${literal(home)}$`) }) },
    to: { path: inModules(name) },
  };
});

/** A room that may import only what `to` matches, besides itself and (where `packages`) node's modules and npm's. */
const room = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: typeof from === 'string' ? { path: from } : from,
  to: { path: '^(src|testnode|demo|test|bench)/', pathNot: to },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'domain-imports-nothing',
      comment:
        'src/domain is pure: no node:*, no package, no other room. Read the value in src/host or src/observe and pass it in as an argument (now, an Inventory, a Policy).',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    room(
      'config-knows-domain',
      '^src/config/',
      '^src/(config|domain)/|^src/host/(cron|files|links|root|state-file|trust)\\.ts$',
      'src/config imports src/domain, and of src/host only the cron expressions, the files, who may write them, and the record of the last mode. What else it needs is a value to pass in.',
    ),
    room(
      'host-knows-domain',
      '^src/host/',
      '^src/(host|domain)/',
      'src/host wraps one outside thing a file and imports src/domain only. Take a setting as an argument instead of the configuration.',
    ),
    room(
      'working-rooms-do-not-meet',
      { path: `^src/(${WORKING_ROOMS})/` },
      '^src/($1|domain|config|host)/',
      'observe, renew, sync, alert and cluster import domain, config and host, and not one another. Let src/daemon pass the result on, put a decision into src/domain, or a tool both need into src/host.',
    ),
    room(
      'control-carries-domain-types',
      '^src/control/',
      '^src/(control|domain|host)/',
      'src/control carries domain types over the socket. What a request does is a handler of src/daemon (ControlHandlers), not known here.',
    ),
    room(
      'control-client-is-light',
      '^src/control/client\\.ts$',
      '^src/(domain|control)/|^src/host/(root|trust)\\.ts$',
      'The client is what a `certagent status` loads: domain, its own room, host/root.ts and host/trust.ts, no more.',
    ),
    room(
      'daemon-wires',
      '^src/daemon/',
      `^src/(daemon|control|domain|config|host|${WORKING_ROOMS})/`,
      'src/daemon wires the rooms; it does not know src/cli. Give cli a function to call.',
    ),
    room(
      'cli-is-a-thin-client',
      { path: '^src/cli/', pathNot: RUNS_THE_AGENT },
      '^src/(cli|config|domain|fleet)/|^src/control/(client|handlers)\\.ts$|^src/host/(root|exchange-files)\\.ts$',
      'src/cli asks the daemon through src/control/client.ts and renders domain types. What needs the node belongs to src/daemon, reached by src/cli/run.ts and src/cli/standalone.ts alone. Only what a person exchanges with a CA elsewhere is read and written here: the sandbox of the daemon does not show it every directory.',
    ),
    room(
      'cli-run-reaches-daemon',
      RUNS_THE_AGENT,
      '^src/(cli|config|domain|daemon)/|^src/control/(client|handlers)\\.ts$|^src/host/(root|logger)\\.ts$',
      'src/cli/run.ts and src/cli/standalone.ts reach src/daemon and leave the other rooms to it.',
    ),
    {
      name: 'cli-loads-the-rest-late',
      comment:
        'Write `await import(…)`: `certagent status` must not load the daemon (types may be imported with `import type`).',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/(daemon|fleet)/', dynamic: false, dependencyTypesNot: ERASED },
    },
    room(
      'fleet-asks-other-nodes',
      '^src/fleet/',
      '^src/(fleet|domain|host)/',
      'src/fleet gathers the statuses of other nodes. It knows neither this node nor its daemon: src/cli loads it for `certagent fleet` alone.',
    ),
    room(
      'main-picks-a-role',
      '^src/main\\.ts$',
      `^src/(cli|domain)/|^src/host/(self|environment)\\.ts$|${ROLES}`,
      'src/main.ts turns arguments into a role and an exit code. Put the command into src/cli.',
    ),
    {
      name: 'main-loads-one-role',
      comment: 'Write `await import(…)`: each role loads only what it is made of.',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/host/self\\.ts$', dynamic: false, dependencyTypesNot: ERASED },
    },
    room(
      'testnode-stands-apart',
      '^testnode/',
      '^testnode/|^src/host/(x509-package|yaml)\\.ts$',
      'The stand-ins must not share code with what they test: of src, testnode imports the wrappers of two packages only.',
    ),
    room(
      'demo-is-a-user',
      '^demo/',
      '^(demo|testnode)/|^src/(domain|host)/',
      'demo runs certagent as a user would, as a process, and imports src/domain and src/host for what it shows.',
    ),
    {
      name: 'entries-are-not-imported',
      comment:
        'This is a process of its own, started by src/main.ts. Move what you need from it to another file, or start the process.',
      severity: 'error',
      from: { pathNot: '^src/main\\.ts$' },
      to: { path: `^src/main\\.ts$|${ROLES}`, dependencyTypesNot: ERASED },
    },
    {
      name: 'src-stands-alone',
      comment: 'What is in testnode/, demo/, test/ and bench/ is not shipped. Move the code to src, or leave it out.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(testnode|demo|test|bench)/' },
    },
    {
      name: 'processes-start-in-one-place',
      comment:
        'Child processes are started by src/host/commands.ts: a fixed PATH, no shell, time limits, bounded output. (src/host/lock.ts holds one open, src/host/helper-process.ts starts certagent itself, src/host/attributes.ts runs cp and ls, src/host/run-as-user.ts the program of a sink, kill-as-user.ts kill(1), src/host/sandbox.ts and sandboxed-tool.ts a rehearsal, the throw-away node and the demo are made of processes.)',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/host/(commands|lock|helper-process|attributes|run-as-user|kill-as-user|sandbox|sandboxed-tool)\\.ts$',
      },
      to: { path: '^(node:)?(child_process|cluster)$', dependencyTypesNot: ERASED },
    },
    ...onePackageOneImporter,
    {
      name: 'heavy-packages-load-late',
      comment:
        'Load it with `await import(…)` at its first use, or with createRequire where the caller cannot wait; types come by `import type`.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: HEAVY.map(inModules).join('|'), dynamic: false, dependencyTypesNot: [...ERASED, 'require'] },
    },
    {
      name: 'shipped-code-uses-shipped-packages',
      comment: 'The package is not in "dependencies", so an installed certagent lacks it. Prefer Node; else add it there and give it a home in HOMES.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm'] },
    },
    {
      name: 'no-cycles',
      comment:
        'Files that import each other in a circle, types included, cannot be read top-down. Move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file and it imports nothing: delete it, or use it.',
      severity: 'error',
      from: { orphan: true, path: '^(src|testnode|demo|test|bench)/' },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere: write the path with its .ts ending, or add the package to package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-deprecated-core',
      comment: 'Node has deprecated this module: use its successor.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['core'], path: '^(node:)?(punycode|domain|constants|sys|_.+)$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/golden/' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
    cache: false,
  },
};
