package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ExportableView;
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
  record Owned<E>(ResourceView<E, ?, ?> view, Within within, Attribute<E> owner) {}

  private final Map<String, ResourceView<?, ?, ?>> views = new HashMap<>();
  private final Map<String, ExportableView<?, ?, ?>> exportable = new HashMap<>();
  private final Map<String, Owned<?>> owned = new HashMap<>();

  ViewCatalogue(
      @All List<ResourceView<?, ?, ?>> declared, @All List<ExportableView<?, ?, ?>> exportable) {
    exportable.forEach(it -> this.exportable.put(it.name(), it));
    for (var view : declared) {
      if (views.put(view.name(), view) != null) {
        throw new IllegalStateException("Two views are called " + view.name() + ".");
      }
      if (view.sorts().isEmpty()) {
        throw new IllegalStateException("The view " + view.name() + " declares no sort.");
      }
      for (var within : view.within()) {
        var path = within.collection() + '/' + view.name();
        if (owned.put(path, owned(view, within)) != null) {
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

  Optional<ExportableView<?, ?, ?>> exportable(String name) {
    return Optional.ofNullable(exportable.get(name));
  }

  List<ExportableView<?, ?, ?>> allExportable() {
    return exportable.values().stream()
        .sorted(Comparator.<ExportableView<?, ?, ?>, String>comparing(ExportableView::name))
        .toList();
  }

  Optional<Owned<?>> owned(String collection, String view) {
    return Optional.ofNullable(owned.get(collection + '/' + view));
  }

  private static <E> Owned<E> owned(ResourceView<E, ?, ?> view, Within within) {
    return new Owned<>(view, within, owner(view, within));
  }

  static <E> Attribute<E> owner(ResourceView<E, ?, ?> view, Within within) {
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
