import packageJson from '../../package.json' with { type: 'json' };

export const about = {
  name: 'Kite',
  version: packageJson.version,
  description: packageJson.description,
} as const;
