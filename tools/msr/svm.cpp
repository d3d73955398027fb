// msr svm: may VMRUN be executed, and if not which step fails; what SVM can do.

#include "msr/registers/ia32_efer.hpp"
#include "msr/virt/svm/capabilities.hpp"
#include "msr/virt/svm/readiness.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/virtual_machine_extensions.hpp"

namespace tool {

namespace {

namespace svm = msr::virt::svm;

json svm_json(const report::cpu_values& cpu) {
    const auto verdict = svm::may_execute_vmrun(cpu, cpu);
    auto result = readiness_json(svm::is_ready(verdict), verdict);
    const auto found = svm::capabilities::read(cpu);
    result["revision"] = found.revision;
    result["address_space_identifiers"] = found.address_space_identifiers;
    auto features = json::array();
    for (const auto& one : cpu.cpu().facts().features) {
        if (one.where.leaf == svm::capabilities::feature_leaf && msr::catalogue::has_bit_of_its_own(one.where) &&
            cpu.has(std::string_view{one.name}))
            features.push_back(str(one.name));
    }
    result["features"] = std::move(features);
    return result;
}

}  // namespace

exit_code svm_verb(int argc, char** argv) {
    static constexpr report::topic topics[]{report::svm_details};
    static constexpr std::uint32_t more[]{msr::ia32_efer::address};
    return ask_extension({.name = "svm",
                          .title = "Says whether VMRUN can be executed, and if not which step fails; what SVM can do",
                          .topics = topics,
                          .register_of_topic = msr::vm_cr::address,
                          .more = more,
                          .details = svm_json},
                         argc, argv);
}

}  // namespace tool
