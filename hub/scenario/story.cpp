#include "scenario/story.hpp"

#include "scenario/player.hpp"
#include "scenario/script.hpp"

namespace samband::scenario {

Result<Story> Story::load(const std::filesystem::path& file) {
  auto root = read_file(file);
  if (!root) return root.error();
  Story story;
  story.file_ = file;
  story.root_ = std::move(*root);
  story.title_ = text(story.root_, "title");
  const auto* steps = story.root_.if_contains("steps");
  if (!steps || !steps->is_array()) return wrong(file, "/steps", "must be a list");
  for (std::size_t i = 0; i < steps->get_array().size(); ++i)
    if (auto good = check_step(steps->get_array()[i]); !good)
      return wrong(file, "/steps/" + std::to_string(i) + good.error().where, good.error().message);
  return story;
}

Result<Outcome> Story::play(Agencies& agencies, const std::function<void(const std::string&)>& say) {
  const std::filesystem::path folder = file_.parent_path();
  try {
    return play_steps(folder, root_, agencies, say);
  } catch (const std::exception&) {
    // Boost.JSON's word for a member that is of another type than asked for.
    return fail(Errc::invalid_config, file_.string(), "a step has a member of the wrong type, or the hub's answer has");
  }
}

}  // namespace samband::scenario
