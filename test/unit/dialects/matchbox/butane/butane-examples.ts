/** What the documentation of Butane and of Flatcar shows of the format, each with the Ignition that it makes. */
export const butaneExamples: readonly {
  readonly name: string;
  readonly butane: string;
  readonly ignition: object;
}[] = [
  {
    name: 'a user with keys, groups and a password',
    butane: `variant: flatcar
version: 1.0.0
passwd:
  users:
    - name: core
      ssh_authorized_keys:
        - ssh-ed25519 AAAAC3 one
        - ssh-ed25519 AAAAC3 two
    - name: ada
      password_hash: $6$5s2u6/jR$un0AvWnqilcgaNB3Mkxd
      home_dir: /home/ada
      no_create_home: true
      groups: [wheel, plugdev]
      shell: /bin/bash
  groups:
    - name: builders
      gid: 600
`,
    ignition: {
      ignition: { version: '3.3.0' },
      passwd: {
        users: [
          { name: 'core', sshAuthorizedKeys: ['ssh-ed25519 AAAAC3 one', 'ssh-ed25519 AAAAC3 two'] },
          {
            name: 'ada',
            passwordHash: '$6$5s2u6/jR$un0AvWnqilcgaNB3Mkxd',
            homeDir: '/home/ada',
            noCreateHome: true,
            groups: ['wheel', 'plugdev'],
            shell: '/bin/bash',
          },
        ],
        groups: [{ name: 'builders', gid: 600 }],
      },
    },
  },
  {
    name: 'files, folders and links',
    butane: `variant: fcos
version: 1.4.0
storage:
  directories:
    - path: /opt/tools
      mode: 0755
  files:
    - path: /opt/file
      mode: 0644
      contents:
        inline: Hello, world!
      user:
        id: 500
      group:
        name: core
    - path: /opt/file2
      overwrite: true
      contents:
        source: http://example.com/file2
        compression: gzip
        http_headers:
          - name: X-Machine
            value: one
        verification:
          hash: sha512-${'4e'.repeat(64)}
    - path: /etc/hosts
      append:
        - inline: |
            10.0.0.1 one
  links:
    - path: /etc/localtime
      target: ../usr/share/zoneinfo/Europe/Berlin
      hard: false
`,
    ignition: {
      ignition: { version: '3.3.0' },
      storage: {
        directories: [{ path: '/opt/tools', mode: 493 }],
        files: [
          {
            path: '/opt/file',
            mode: 420,
            contents: { compression: '', source: 'data:,Hello%2C%20world!' },
            user: { id: 500 },
            group: { name: 'core' },
          },
          {
            path: '/opt/file2',
            overwrite: true,
            contents: {
              source: 'http://example.com/file2',
              compression: 'gzip',
              httpHeaders: [{ name: 'X-Machine', value: 'one' }],
              verification: { hash: `sha512-${'4e'.repeat(64)}` },
            },
          },
          { path: '/etc/hosts', append: [{ compression: '', source: 'data:,10.0.0.1%20one%0A' }] },
        ],
        links: [{ path: '/etc/localtime', target: '../usr/share/zoneinfo/Europe/Berlin', hard: false }],
      },
    },
  },
  {
    name: 'units and drop-ins',
    butane: `variant: flatcar
version: 1.1.0
systemd:
  units:
    - name: hello.service
      enabled: true
      contents: |
        [Service]
        ExecStart=/usr/bin/echo "Hello"
        [Install]
        WantedBy=multi-user.target
    - name: update-engine.service
      mask: true
    - name: docker.service
      dropins:
        - name: 20-flags.conf
          contents: |
            [Service]
            Environment="DOCKER_OPTS=--debug"
`,
    ignition: {
      ignition: { version: '3.4.0' },
      systemd: {
        units: [
          {
            name: 'hello.service',
            enabled: true,
            contents: '[Service]\nExecStart=/usr/bin/echo "Hello"\n[Install]\nWantedBy=multi-user.target\n',
          },
          { name: 'update-engine.service', mask: true },
          {
            name: 'docker.service',
            dropins: [{ name: '20-flags.conf', contents: '[Service]\nEnvironment="DOCKER_OPTS=--debug"\n' }],
          },
        ],
      },
    },
  },
  {
    name: 'disks, RAID and file systems',
    butane: `variant: flatcar
version: 1.0.0
storage:
  disks:
    - device: /dev/sdb
      wipe_table: true
      partitions:
        - number: 1
          label: raid.1
          size_mib: 1024
          start_mib: 2048
          type_guid: A19D880F-05FC-4D3B-A006-743F0F84911E
          wipe_partition_entry: true
          should_exist: true
  raid:
    - name: data
      level: raid1
      devices: [/dev/disk/by-partlabel/raid.1, /dev/disk/by-partlabel/raid.2]
      spares: 0
  filesystems:
    - device: /dev/md/data
      path: /data
      format: ext4
      label: DATA
      wipe_filesystem: true
      mount_options: [noatime]
`,
    ignition: {
      ignition: { version: '3.3.0' },
      storage: {
        disks: [
          {
            device: '/dev/sdb',
            wipeTable: true,
            partitions: [
              {
                number: 1,
                label: 'raid.1',
                sizeMiB: 1024,
                startMiB: 2048,
                typeGuid: 'A19D880F-05FC-4D3B-A006-743F0F84911E',
                wipePartitionEntry: true,
                shouldExist: true,
              },
            ],
          },
        ],
        raid: [
          {
            name: 'data',
            level: 'raid1',
            devices: ['/dev/disk/by-partlabel/raid.1', '/dev/disk/by-partlabel/raid.2'],
            spares: 0,
          },
        ],
        filesystems: [
          {
            device: '/dev/md/data',
            path: '/data',
            format: 'ext4',
            label: 'DATA',
            wipeFilesystem: true,
            mountOptions: ['noatime'],
          },
        ],
      },
    },
  },
  {
    name: 'encrypted volumes',
    butane: `variant: fcos
version: 1.2.0
storage:
  luks:
    - name: static-key
      device: /dev/sdb
      wipe_volume: true
      key_file:
        inline: secret
    - name: tang
      device: /dev/sdd
      clevis:
        threshold: 1
        tpm2: true
        tang:
          - url: https://tang.example.com
            thumbprint: T
`,
    ignition: {
      ignition: { version: '3.2.0' },
      storage: {
        luks: [
          {
            name: 'static-key',
            device: '/dev/sdb',
            wipeVolume: true,
            keyFile: { compression: '', source: 'data:,secret' },
          },
          {
            name: 'tang',
            device: '/dev/sdd',
            clevis: {
              threshold: 1,
              tpm2: true,
              tang: [{ url: 'https://tang.example.com', thumbprint: 'T' }],
            },
          },
        ],
      },
    },
  },
  {
    name: 'other configs, authorities, time limits, proxies and kernel arguments',
    butane: `variant: flatcar
version: 1.0.0
ignition:
  config:
    merge:
      - source: https://example.com/base.ign
      - inline: '{"ignition":{"version":"3.3.0"}}'
    replace:
      source: https://example.com/other.ign
  timeouts:
    http_response_headers: 20
    http_total: 60
  security:
    tls:
      certificate_authorities:
        - inline: PEM
  proxy:
    http_proxy: http://proxy.example.com
    https_proxy: https://proxy.example.com
    no_proxy: [10.0.0.0/8]
kernel_arguments:
  should_exist: [console=ttyS0]
  should_not_exist: [quiet]
`,
    ignition: {
      ignition: {
        version: '3.3.0',
        config: {
          merge: [
            { source: 'https://example.com/base.ign' },
            {
              compression: '',
              source: 'data:;base64,eyJpZ25pdGlvbiI6eyJ2ZXJzaW9uIjoiMy4zLjAifX0=',
            },
          ],
          replace: { source: 'https://example.com/other.ign' },
        },
        timeouts: { httpResponseHeaders: 20, httpTotal: 60 },
        security: { tls: { certificateAuthorities: [{ compression: '', source: 'data:,PEM' }] } },
        proxy: {
          httpProxy: 'http://proxy.example.com',
          httpsProxy: 'https://proxy.example.com',
          noProxy: ['10.0.0.0/8'],
        },
      },
      kernelArguments: { shouldExist: ['console=ttyS0'], shouldNotExist: ['quiet'] },
    },
  },
  {
    name: 'contents of the first version as it wrote them',
    butane: `variant: fcos
version: 1.0.0
storage:
  files:
    - path: /opt/file
      contents:
        inline: ü
`,
    ignition: {
      ignition: { version: '3.0.0' },
      storage: { files: [{ path: '/opt/file', contents: { source: 'data:,%C3%BC' } }] },
    },
  },
  {
    name: 'what came with Ignition 3.4.0',
    butane: `variant: flatcar
version: 1.1.0
storage:
  luks:
    - name: data
      device: /dev/sdb
      discard: true
      open_options: [--perf-no_read_workqueue]
  files:
    - path: /opt/tool
      mode: 04755
`,
    ignition: {
      ignition: { version: '3.4.0' },
      storage: {
        luks: [
          {
            name: 'data',
            device: '/dev/sdb',
            discard: true,
            openOptions: ['--perf-no_read_workqueue'],
          },
        ],
        files: [{ path: '/opt/tool', mode: 0o4755 }],
      },
    },
  },
];
