package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The user that PostgreSQL runs as. PostgreSQL refuses to run as root, so root runs it as {@code
 * nobody}, with one capability left: to reach files whatever their permissions are. So a checkout
 * below {@code /root}, mode 0700, works, and a container without the right to create user
 * namespaces does too. The data directory belongs to {@code nobody} then.
 */
final class PostgresUser {
  private static final String UNPRIVILEGED = "nobody";

  private PostgresUser() {}

  static boolean isRoot() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command as it is to be run by this user. */
  static List<String> command(List<String> command) {
    if (!isRoot()) {
      return command;
    }
    List<String> asNobody =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--reuid=" + UNPRIVILEGED,
                "--regid=" + gid(),
                "--clear-groups",
                // Without it access(2), by which PostgreSQL looks for its programs, would not see
                // the capability.
                "--securebits=+no_setuid_fixup",
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override",
                "--"));
    asNobody.addAll(command);
    return asNobody;
  }

  /** Hands a directory with all that is in it to the user that PostgreSQL runs as. */
  static void own(Path directory) {
    if (!isRoot()) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      UserPrincipal user =
          directory
              .getFileSystem()
              .getUserPrincipalLookupService()
              .lookupPrincipalByName(UNPRIVILEGED);
      for (Path path : tree.toList()) {
        if (!Files.getOwner(path).equals(user)) {
          Files.setOwner(path, user);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot hand " + directory + " to the user " + UNPRIVILEGED, e);
    }
  }

  private static String gid() {
    try (Stream<String> users = Files.lines(Path.of("/etc/passwd"))) {
      return users
          .filter(line -> line.startsWith(UNPRIVILEGED + ":"))
          .map(line -> line.split(":", -1)[3])
          .findFirst()
          .orElseThrow(
              () ->
                  new LocalStackException(
                      "PostgreSQL does not run as root, and there is no user \"%s\" here to run it as: run as an ordinary user."
                          .formatted(UNPRIVILEGED)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
