package io.headrace.query.platform.view;

import java.util.List;

/**
 * Where a client may go from a row: to another view, or to a command that the state of the row
 * allows now. Becomes an entry of {@code _links} (HAL, draft-kelly-json-hal); several of one
 * relation become an array.
 *
 * <p>A command that is linked may be rejected nevertheless: the view follows the state, and the
 * decider decides on the state.
 */
public sealed interface Link {

  String relation();

  /** What it leads to, in a few words. */
  String title();

  /**
   * To what the query service serves.
   *
   * @param path its segments, not encoded
   */
  record Related(String relation, String title, List<String> path) implements Link {
    public Related {
      path = List.copyOf(path);
    }
  }

  /**
   * To a command of the command service, of any context: {@code POST
   * /{context}/{collection}/{id}/{relation}}.
   *
   * @param relation the command as in its path
   * @param id of the aggregate, or the name of a variable if the client chooses the id
   * @param template whether it is the name of a variable
   */
  record Command(
      String relation, String title, String context, String collection, String id, boolean template)
      implements Link {}

  static Link to(String relation, String title, String... path) {
    return new Related(relation, title, List.of(path));
  }

  static Link command(String context, String collection, String id, String command, String title) {
    return new Command(command, title, context, collection, id, false);
  }

  /** A command that makes an aggregate, whose id the client chooses. */
  static Link creation(
      String context, String collection, String variable, String command, String title) {
    return new Command(command, title, context, collection, variable, true);
  }
}
