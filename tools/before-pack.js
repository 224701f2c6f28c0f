// Before an installer is made: the libraries of the system that it is for may have been dropped at the install (tools/drop-foreign.js).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Arch } from 'electron-builder';

export function beforePack({ packager, arch, electronPlatformName: platform }) {
  const libraries = [
    `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${Arch[arch]}/onnxruntime_binding.node`,
    `node_modules/better-sqlite3/prebuilds/${platform}-${Arch[arch]}.node`,
  ];
  const missing = libraries.find((library) => !existsSync(join(packager.projectDir, library)));
  if (missing) {
    throw new Error(
      `${missing} is missing. Packaging for another system or processor wants all: RETAKE_KEEP_FOREIGN=1 npm ci`,
    );
  }
}
