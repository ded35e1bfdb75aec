package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Within;
import io.quarkus.arc.All;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The views that are served by themselves. A declaration that cannot work stops the start. */
@Startup
@ApplicationScoped
class ViewCatalogue {

  /** A view's list restricted to one owner. */
  record Owned(ResourceView<?, ?, ?> view, Within within, Attribute<?> owner) {}

  private final Map<String, ResourceView<?, ?, ?>> views = new HashMap<>();
  private final Map<String, Owned> owned = new HashMap<>();

  ViewCatalogue(@All List<ResourceView<?, ?, ?>> declared) {
    for (var view : declared) {
      if (views.put(view.name(), view) != null) {
        throw new IllegalStateException("Two views are called " + view.name() + ".");
      }
      if (view.sorts().isEmpty()) {
        throw new IllegalStateException("The view " + view.name() + " declares no sort.");
      }
      for (var within : view.within()) {
        var path = within.collection() + '/' + view.name();
        if (owned.put(path, new Owned(view, within, owner(view, within))) != null) {
          throw new IllegalStateException("Two views are served at " + path + ".");
        }
      }
    }
  }

  List<ResourceView<?, ?, ?>> all() {
    return views.values().stream()
        .sorted(Comparator.<ResourceView<?, ?, ?>, String>comparing(ResourceView::name))
        .toList();
  }

  Optional<ResourceView<?, ?, ?>> named(String name) {
    return Optional.ofNullable(views.get(name));
  }

  Optional<Owned> owned(String collection, String view) {
    return Optional.ofNullable(owned.get(collection + '/' + view));
  }

  static Attribute<?> owner(ResourceView<?, ?, ?> view, Within within) {
    for (var filter : view.filters()) {
      if (filter.name().equals(within.attribute())) {
        return filter;
      }
    }
    throw new IllegalStateException(
        "The view %s is declared within %s by %s, which is none of its filters."
            .formatted(view.name(), within.collection(), within.attribute()));
  }
}
