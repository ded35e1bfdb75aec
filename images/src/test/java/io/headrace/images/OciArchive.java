package io.headrace.images;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * What an OCI archive holds.
 *
 * @param digest of the manifest
 * @param config how its containers run
 * @param files the entries of all layers
 */
record OciArchive(String digest, JsonNode manifest, JsonNode config, List<TarArchiveEntry> files) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static OciArchive read(Path archive) throws IOException {
    try (TarFile tar = new TarFile(archive)) {
      JsonNode index = JSON.readTree(entry(tar, "index.json"));
      String digest = index.at("/manifests/0/digest").asText();
      JsonNode manifest = JSON.readTree(blob(tar, digest));
      JsonNode config = JSON.readTree(blob(tar, manifest.at("/config/digest").asText()));
      List<TarArchiveEntry> files = new ArrayList<>();
      for (JsonNode layer : manifest.get("layers")) {
        try (InputStream compressed = blob(tar, layer.get("digest").asText());
            TarArchiveInputStream entries =
                new TarArchiveInputStream(new GZIPInputStream(compressed))) {
          for (TarArchiveEntry each; (each = entries.getNextEntry()) != null; ) {
            files.add(each);
          }
        }
      }
      return new OciArchive(digest, manifest, config, List.copyOf(files));
    }
  }

  private static InputStream blob(TarFile tar, String digest) throws IOException {
    return entry(tar, "blobs/" + digest.replace(':', '/'));
  }

  private static InputStream entry(TarFile tar, String name) throws IOException {
    for (TarArchiveEntry each : tar.getEntries()) {
      if (each.getName().equals(name)) {
        return tar.getInputStream(each);
      }
    }
    throw new IOException("The archive has no " + name);
  }
}
