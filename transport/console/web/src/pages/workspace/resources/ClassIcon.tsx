import {
  IconBuilding,
  IconFile,
  IconFiles,
  IconFolder,
  IconForms,
  IconGridDots,
  IconLayersSubtract,
  IconList,
  IconMap,
  IconMap2,
  IconMapPin,
  IconPalette,
  IconPhoto,
  IconPlugConnected,
  IconVector,
  IconWorldWww,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean }>;

const icons: Record<string, Icon> = {
  workspace: IconBuilding,
  resource_group: IconFolder,
  vector_layer: IconVector,
  postgis_layer: IconVector,
  wfsclient_layer: IconVector,
  raster_layer: IconPhoto,
  raster_mosaic: IconGridDots,
  tileset: IconGridDots,
  webmap: IconMap2,
  basemap_layer: IconMap,
  baselayers: IconLayersSubtract,
  lookup_table: IconList,
  file_bucket: IconFiles,
  svg_marker_library: IconMapPin,
  formbuilder_form: IconForms,
};

/** ClassIcon is a sign for a class of resources; its name stands beside it. */
export function ClassIcon({ of, size = 18 }: { of: string; size?: number }) {
  const Known = icons[of] ?? byEnding(of);
  return <Known size={size} aria-hidden />;
}

function byEnding(name: string): Icon {
  if (name.endsWith("_style")) {
    return IconPalette;
  }
  if (name.endsWith("_service")) {
    return IconWorldWww;
  }
  if (name.endsWith("_connection") || name.endsWith("_storage")) {
    return IconPlugConnected;
  }
  return name.endsWith("_layer") ? IconLayersSubtract : IconFile;
}
