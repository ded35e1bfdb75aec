package io.headrace.projection.contexts.sample;

import io.headrace.projection.contexts.sample.AccountEvent.Closed;
import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.platform.view.Occurrence;
import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

@Singleton
public final class AccountsView implements View<AccountsView.Account> {

  /** Whether the defect that cursed events meet has been mended. */
  public static volatile boolean mended;

  @RegisterForReflection
  public record Account(String accountId, long balance, int moves) {}

  @Override
  public String name() {
    return "accounts";
  }

  @Override
  public Class<Account> rowType() {
    return Account.class;
  }

  @Override
  public List<Source<Account, ?>> sources() {
    return List.of(
        new Source<Account, AccountEvent>(
            AccountEvent.EVENTS, Set.of(), AccountsView::keysOf, AccountsView::evolve));
  }

  @Override
  public List<Rollup<Account, ?, ?>> rollups() {
    return List.of(new Totals());
  }

  public static List<String> keysOf(AccountEvent event) {
    return switch (event) {
      case Moved e -> List.of(e.from(), e.to());
      case Closed e -> List.of(e.account());
      case Cursed e -> {
        if (e.evenItsKey()) {
          throw new IllegalStateException("cursed to the key");
        }
        yield List.of(e.account());
      }
    };
  }

  public static @Nullable Account evolve(
      @Nullable Account row, AccountEvent event, Occurrence occurrence) {
    Account before = row == null ? new Account(occurrence.key(), 0, 0) : row;
    return switch (event) {
      case Moved e ->
          new Account(
              before.accountId(),
              before.balance()
                  + (e.to().equals(occurrence.key()) ? e.amount() : 0)
                  - (e.from().equals(occurrence.key()) ? e.amount() : 0),
              before.moves() + 1);
      case Closed _ -> null;
      case Cursed _ -> {
        if (!mended) {
          throw new IllegalStateException("cursed");
        }
        yield before;
      }
    };
  }

  static final class Totals implements Rollup<Account, Totals.Kind, Totals.Sum> {

    @RegisterForReflection
    record Kind(String kind) {}

    @RegisterForReflection
    record Sum(long accounts, long balance) {}

    @Override
    public String name() {
      return "accounts_total";
    }

    @Override
    public Class<Kind> keyType() {
      return Kind.class;
    }

    @Override
    public Class<Sum> measuresType() {
      return Sum.class;
    }

    @Override
    public List<Contribution<Kind, Sum>> contributions(Account row) {
      return List.of(
          new Contribution<>(
              new Kind(row.balance() < 0 ? "debtor" : "creditor"), new Sum(1, row.balance())));
    }
  }
}
