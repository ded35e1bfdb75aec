package io.headrace.query.platform;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class PagesTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00.000001Z");

  @BeforeEach
  void nothing() {
    Rows.clear();
  }

  @Test
  void following_next_sees_every_row_once_and_prev_leads_back_the_same_way() throws Exception {
    // Many with the same time, so that the order within it is put to the test.
    rows(23, i -> NOON.plusNanos(1000L * (i / 7)));
    var forwards = new ArrayList<List<String>>();
    var answer = page("/orders?limit=5");
    forwards.add(ids(answer));
    assertThat(link(answer, "prev")).isEmpty();
    for (var next = link(answer, "next"); next.isPresent(); next = link(answer, "next")) {
      answer = page(next.get());
      forwards.add(ids(answer));
    }
    assertThat(forwards).extracting(List::size).containsExactly(5, 5, 5, 5, 3);
    assertThat(flat(forwards)).doesNotHaveDuplicates().isSortedAccordingTo(newestFirst());

    var backwards = new ArrayList<List<String>>(List.of(ids(answer)));
    for (var prev = link(answer, "prev"); prev.isPresent(); prev = link(answer, "prev")) {
      answer = page(prev.get());
      backwards.add(ids(answer));
    }
    Collections.reverse(backwards);
    assertThat(backwards).isEqualTo(forwards);
  }

  @Test
  void the_opposite_order_is_the_same_list_turned_around() throws Exception {
    rows(12, i -> NOON.plusSeconds(i / 4));
    var down = all("/orders?limit=5");
    var up = all("/orders?limit=5&sort=placedAt");
    Collections.reverse(up);
    assertThat(up).isEqualTo(down);
  }

  @Test
  void orders_of_several_attributes_in_both_directions_are_paged_through_the_same_way() {
    var seen = new ArrayList<String>();
    for (int i = 0; i < 40; i++) {
      Rows.execute(
          "INSERT INTO almanac VALUES ('i%02d', 'ocean %d', DATE '2018-01-01' + %d)"
              .formatted(i, i % 3, i % 5));
    }
    var expected =
        page("/almanac?limit=50&sort=ocean,-seen").jsonPath().<String>getList("almanac.island");
    assertThat(expected).hasSize(40);
    Response last = null;
    for (var next = Optional.of("/almanac?limit=3&sort=ocean,-seen"); next.isPresent(); ) {
      last = page(next.get());
      seen.addAll(last.jsonPath().getList("almanac.island"));
      next = link(last, "next");
    }
    assertThat(seen).isEqualTo(expected);

    var back = new ArrayList<>(last.jsonPath().<String>getList("almanac.island"));
    for (var prev = link(last, "prev"); prev.isPresent(); prev = link(last, "prev")) {
      last = page(prev.get());
      back.addAll(0, last.jsonPath().getList("almanac.island"));
    }
    assertThat(back).isEqualTo(expected);
    assertThat(expected.subList(0, 3)).containsExactly("i39", "i24", "i09");
  }

  @Test
  void the_total_is_of_the_whole_list_and_told_only_if_asked_for() throws Exception {
    rows(7, i -> NOON);
    assertThat(page("/orders?limit=2").jsonPath().getMap("$")).doesNotContainKey("total");
    var first = page("/orders?limit=2&total=true&orderId[ne]=row-001");
    assertThat(first.jsonPath().getInt("total")).isEqualTo(6);
    var second = page(link(first, "next").orElseThrow());
    assertThat(second.jsonPath().getInt("total")).isEqualTo(6);
  }

  @Test
  void the_last_page_has_no_next_even_if_it_is_full() throws Exception {
    rows(4, i -> NOON);
    var second = page(link(page("/orders?limit=2"), "next").orElseThrow());
    assertThat(ids(second)).hasSize(2);
    assertThat(link(second, "next")).isEmpty();
  }

  @Test
  void a_page_has_fifty_rows_unless_asked_otherwise_and_two_hundred_at_most() throws Exception {
    rows(210, i -> NOON.plusSeconds(i));
    assertThat(ids(page("/orders"))).hasSize(50);
    assertThat(ids(page("/orders?limit=200"))).hasSize(200);
    given().get("/orders?limit=201").then().statusCode(400).body("field", equalTo("limit"));
  }

  @Test
  void links_keep_the_filters_and_stay_within_the_owner() throws Exception {
    rows(4, i -> NOON);
    var next = link(page("/customers/c-0/orders?status=placed&limit=1"), "next").orElseThrow();
    assertThat(next).startsWith("/customers/c-0/orders?").contains("status=placed", "limit=1");
    assertThat(ids(page(next))).hasSize(1);
  }

  @Test
  void rows_that_exist_throughout_are_seen_exactly_once_while_others_come_and_go()
      throws Exception {
    rows(200, i -> NOON.plusSeconds(i / 2));
    var stop = new AtomicBoolean();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var writer = executor.submit(() -> comeAndGo(stop));
      try {
        for (int round = 0; round < 3; round++) {
          var seen = all("/orders?limit=20").stream().filter(id -> id.startsWith("row-")).toList();
          assertThat(seen).hasSize(200).doesNotHaveDuplicates();
        }
      } finally {
        stop.set(true);
      }
      assertThat(writer.get()).as("written meanwhile").isGreaterThan(50);
    }
  }

  private static int comeAndGo(AtomicBoolean stop) throws SQLException {
    var random = new Random(7);
    int written = 0;
    try (var connection = Rows.projection();
        var delete = connection.prepareStatement("DELETE FROM orders_g1 WHERE order_id = ?")) {
      while (!stop.get()) {
        var at = NOON.plusSeconds(random.nextInt(110));
        Rows.placed(connection, "new-" + written++, "c-0", "placed", at);
        if (random.nextBoolean()) {
          delete.setString(1, "new-" + random.nextInt(written));
          delete.executeUpdate();
        }
      }
    }
    return written;
  }

  @Test
  void a_cursor_that_is_damaged_or_of_another_list_is_refused() throws Exception {
    rows(4, i -> NOON);
    var next = link(page("/orders?limit=1"), "next").orElseThrow();
    var cursor = next.substring(next.indexOf("after=") + "after=".length());
    refused("after", "/orders?after=" + cursor.substring(1));
    refused("after", "/orders?after=" + cursor.substring(0, cursor.length() - 4));
    refused("after", "/orders?after=%27%20OR%201=1");
    refused("after", "/orders?after=");
    refused("before", "/orders?before=x");
    refused("after", "/orders?status=placed&after=" + cursor);
    refused("after", "/orders?sort=placedAt&after=" + cursor);
    refused("after", "/customers/c-0/orders?after=" + cursor);
    refused("after", "/almanac?after=" + cursor);
    refused("before", "/orders?after=" + cursor + "&before=" + cursor);
    // It is not of another list only because the page size changes.
    assertThat(ids(page("/orders?limit=3&after=" + cursor))).hasSize(3);
  }

  @Test
  void a_cursor_is_refused_by_a_list_whose_filters_only_read_like_those_of_its_own() {
    for (var id : List.of("o-1", "o-2")) {
      Rows.placed(id, "c-1], orderId=[o-7", "placed", NOON);
    }
    var next = link(page("/customers/c-1%5D,%20orderId=%5Bo-7/orders?limit=1"), "next");
    var cursor = next.orElseThrow().replaceFirst(".*after=", "");
    refused("after", "/customers/c-1/orders?orderId=o-7&after=" + cursor);
  }

  private static void refused(String field, String path) {
    given()
        .urlEncodingEnabled(false)
        .get(path)
        .then()
        .statusCode(400)
        .contentType(startsWith("application/problem+json"))
        .body("field", equalTo(field));
  }

  private static void rows(int count, java.util.function.IntFunction<Instant> placedAt)
      throws SQLException {
    var ids = new ArrayList<Integer>();
    for (int i = 0; i < count; i++) {
      ids.add(i);
    }
    Collections.shuffle(ids, new Random(count));
    try (var connection = Rows.projection()) {
      connection.setAutoCommit(false);
      for (int i : ids) {
        Rows.placed(connection, "row-%03d".formatted(i), "c-0", "placed", placedAt.apply(i));
      }
      connection.commit();
    }
  }

  /** Ids are counted up with time. */
  private static java.util.Comparator<String> newestFirst() {
    return java.util.Comparator.reverseOrder();
  }

  private static List<String> all(String path) {
    var ids = new ArrayList<String>();
    for (var next = Optional.of(path); next.isPresent(); ) {
      var answer = page(next.get());
      ids.addAll(ids(answer));
      next = link(answer, "next");
    }
    return ids;
  }

  private static Response page(String path) {
    var answer = given().urlEncodingEnabled(false).get(path);
    answer.then().statusCode(200);
    return answer;
  }

  private static List<String> ids(Response answer) {
    return answer.jsonPath().getList("orders.orderId");
  }

  private static Optional<String> link(Response answer, String relation) {
    var link = Pattern.compile("<([^>]*)>; rel=\"" + relation + "\"");
    return answer.headers().getValues("Link").stream()
        .map(link::matcher)
        .filter(java.util.regex.Matcher::find)
        .map(it -> it.group(1))
        .findFirst();
  }

  private static List<String> flat(List<List<String>> pages) {
    return pages.stream().flatMap(List::stream).toList();
  }
}
