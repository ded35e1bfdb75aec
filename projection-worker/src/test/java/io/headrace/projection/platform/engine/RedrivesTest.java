package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.platform.engine.Redrives.LaneName;
import io.headrace.projection.platform.engine.Redrives.Report;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedrivesTest {

  /** Whose time is up from the beginning. */
  private static final Retry.Owner HURRIED =
      new Retry.Owner() {
        @Override
        public boolean stillOwns() {
          return true;
        }

        @Override
        public boolean mayWait() {
          return false;
        }
      };

  private OwnAccounts accounts;
  private ParkedEvents parked;

  @BeforeEach
  void start() throws Exception {
    Servers servers = Servers.get();
    accounts = new OwnAccounts(servers, "redriven");
    parked = new ParkedEvents(servers.dataSource);
  }

  @AfterEach
  void stop() throws Exception {
    accounts.close();
  }

  @Test
  void lanes_there_was_no_time_for_are_counted_and_taken_up_behind_the_last_that_was_tried()
      throws Exception {
    for (String key : new String[] {"a", "b", "c"}) {
      accounts.take(accounts.published(key, 1, new Cursed(key, false)));
    }

    Report first = redrives(HURRIED).all(null);
    assertThat(first.lanes()).isEqualTo(1);
    assertThat(first.failures()).containsOnlyKeys("key a");
    assertThat(first.untried()).isEqualTo(2);
    assertThat(first.after()).isEqualTo(new LaneName("key", "a"));
    Report second = redrives(HURRIED).all(new Lane(Lane.Kind.KEY, "a"));
    assertThat(second.failures()).containsOnlyKeys("key b");
    assertThat(second.untried()).isEqualTo(1);
    Report last = redrives(HURRIED).all(new Lane(Lane.Kind.KEY, "b"));
    assertThat(last.failures()).containsOnlyKeys("key c");
    assertThat(last.untried()).isZero();
    assertThat(last.after()).isNull();

    AccountsView.mended = true;
    Report all = redrives(OwnAccounts.FOREVER).all(null);
    assertThat(all.lanes()).isEqualTo(3);
    assertThat(all.events()).isEqualTo(3);
    assertThat(all.left()).isZero();
    assertThat(accounts.parked()).isNull();
  }

  @Test
  void a_lane_whose_events_have_to_be_taken_one_by_one_ends_with_the_time_and_goes_on_later()
      throws Exception {
    accounts.take(
        accounts.published("s", 1, new Cursed("a", false)),
        accounts.published("s", 2, new Moved("a", "b", 1)),
        // More than the table allows.
        accounts.published("s", 3, new Moved("a", "b", 5_000)));
    assertThat(accounts.parked()).isEqualTo("key a failed 3");
    AccountsView.mended = true;

    Report first = redrives(HURRIED).one(new Lane(Lane.Kind.KEY, "a"));
    assertThat(first.events()).isEqualTo(1);
    assertThat(first.left()).isEqualTo(2);
    assertThat(first.failures().get("key a")).contains("no time");
    Report second = redrives(HURRIED).one(new Lane(Lane.Kind.KEY, "a"));
    assertThat(second.events()).isEqualTo(1);
    Report third = redrives(HURRIED).one(new Lane(Lane.Kind.KEY, "a"));
    assertThat(third.events()).isZero();
    assertThat(third.failures().get("key a")).contains("balance_check");
    assertThat(accounts.rows()).isEqualTo("a -1, b 5001");
  }

  private Redrives redrives(Retry.Owner owner) {
    return new Redrives(new Redrive<>(accounts.worker, accounts.catalogue), parked, owner);
  }
}
